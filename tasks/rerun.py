"""``python -m tasks.rerun FILE``: run a capsule again, as the capsule itself does."""

from __future__ import annotations

import sys

__all__: list[str] = []

if __name__ == "__main__":
    # what fails before the command begins is its own failure as well, and no verdict
    status = 2
    try:
        from analysis.preservation.command import main

        status = main(sys.argv[1:])
    finally:
        sys.exit(status)
