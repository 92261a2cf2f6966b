"""Language models by name and role: one client each, what they cost, and reading whatever servers really send."""
