"""The domain of Propound: what a problem is and how one is proposed, verified, rewarded and stored."""

__version__ = "0.1.0"
