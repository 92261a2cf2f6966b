"""Which skills next: specs drawn from a request, by its mode."""
