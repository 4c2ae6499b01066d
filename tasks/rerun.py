"""``python -m tasks.rerun FILE``: run a capsule again, as the capsule itself does."""

from __future__ import annotations

import sys

from analysis.preservation.command import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
