"""docs/reference/settings.md names every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from propound.config import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
COMMANDS = {"PROPOUND_URL", "PROPOUND_API_KEY"}
TESTS = {"PROPOUND_TEST_DATABASE_URL", "PROPOUND_TEST_REDIS_URL"}


def rows() -> dict[str, list[str]]:
    found = {}
    for line in PAGE.read_text().splitlines():
        if match := re.match(r"\| `(PROPOUND_\w+)` \| (.*) \|$", line):
            found[match[1]] = match[2].split(" | ")
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    documented = rows()
    settings = {f"PROPOUND_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert set(documented) == {*settings, *COMMANDS, *TESTS}
    for name, field in settings.items():
        if field.default is not None:
            shown = documented[name][0].strip("`")
            assert type(field.default)(shown) == field.default
