"""What people type. Importing this is instant: every command imports what it needs when it runs."""

from __future__ import annotations

import sys

from propound.errors import PropoundError


def main() -> None:
    """The `propound` command."""
    from propound.cli.app import app
    from propound.embedded.interruption import Interrupted

    try:
        app(prog_name="propound")
    except PropoundError as error:
        from propound.cli.output import complain

        complain(error)
        sys.exit(1)
    except Interrupted as interruption:
        print("Interrupted; everything is stopped.", file=sys.stderr)
        sys.exit(interruption.exit_code)
