"""Other versions of Python on this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys

__all__ = ["pythons"]


def pythons() -> list[str]:
    """Other Pythons that really run; a version manager's stand-ins may not."""
    found = []
    for minor in range(11, 20):
        python = shutil.which(f"python3.{minor}")
        if python is not None and (3, minor) != sys.version_info[:2]:
            code = f"import sys; assert sys.version_info[:2] == (3, {minor})"
            if subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0:
                found.append(python)
    return found
