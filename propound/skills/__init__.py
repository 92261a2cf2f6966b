"""The library of skill packages: load, disclose, compose, prune."""

from propound.skills.library import Library, default_library
from propound.skills.package import Category, SkillPackage, load_package

__all__ = ["Category", "Library", "SkillPackage", "default_library", "load_package"]
