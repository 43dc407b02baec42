"""``python -m accelsim`` is ``accelsim``."""

from __future__ import annotations

from accelsim.cli import main

if __name__ == "__main__":
    main()
