"""Where the command line starts: ``accelsim``, and ``python -m accelsim``."""

from __future__ import annotations

from typing import NoReturn

from accelsim import ctrl_c


def main() -> NoReturn:
    """Run the command line, whose imports Ctrl-C ends quietly."""
    ctrl_c.end_quietly()
    from accelsim import cli

    cli.main()


if __name__ == "__main__":
    main()
