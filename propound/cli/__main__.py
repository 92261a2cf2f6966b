"""`python -m propound.cli`."""

from propound.cli import main

if __name__ == "__main__":
    main()
