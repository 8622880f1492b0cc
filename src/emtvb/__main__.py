"""The ``emtvb`` command, and ``python -m emtvb``: one line where it cannot be imported, or is interrupted meanwhile."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command."""
    try:
        from emtvb.making.surroundings import of_import

        try:
            from emtvb.cli import main as cli
        except ImportError as error:
            sys.exit(f"error: {of_import(error)}")
        cli.main()
    except KeyboardInterrupt:
        print("error: interrupted; call the same command again", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
