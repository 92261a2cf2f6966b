"""The library of skill packages: load, disclose, compose, prune."""

from propound.skills.cards import Cards, default_cards, read_card
from propound.skills.library import Library, default_library
from propound.skills.package import Category, SkillPackage, load_package

__all__ = [
    "Cards",
    "Category",
    "Library",
    "SkillPackage",
    "default_cards",
    "default_library",
    "load_package",
    "read_card",
]
