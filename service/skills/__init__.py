"""Skills: the library that problems are composed from."""
