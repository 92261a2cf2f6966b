"""Jobs: requests for datasets, where they stand, and what happens to them."""
