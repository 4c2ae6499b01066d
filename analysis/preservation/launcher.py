"""A capsule's __main__.py: starts the rerun that lies in the capsule, with a Python that serves.

Any Python has to be able to read this file, however old: nothing newer than Python 2.7 here.
"""

import os
import subprocess
import sys

__all__ = ["start"]

NAMES = ("python3.13", "python3.12", "python3.11")
SERVES = (3, 11) <= sys.version_info[:2] <= (3, 13)
ASK = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"


def other_python():
    """Path of a Python that serves, or nothing; a name may be found and still not run."""
    for name in NAMES:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(folder, name)
            if not os.access(path, os.X_OK):
                continue
            process = subprocess.Popen([path, "-I", "-c", ASK], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.communicate()
            if process.returncode == 0:
                return path
    return ""


def start(capsule, arguments):
    """Run the capsule's command; returns its exit status."""
    if not SERVES:
        path = other_python()
        if not path:
            version = ".".join(str(part) for part in sys.version_info[:3])
            sys.stderr.write(
                "erumflow: a capsule needs Python 3.11, 3.12 or 3.13; this is Python " + version + ", and no other\n"
                "  is on PATH. Install one of them and start again: python3.13 " + os.path.basename(capsule) + "\n"
            )
            return 2
        os.execv(path, [path, capsule] + arguments)  # noqa: RUF005
    # a stranger's own packages are not to take the place of the capsule's
    sys.path.insert(0, os.path.join(capsule, "source"))
    try:
        from pathlib import Path

        from analysis.preservation.command import main
    except Exception:
        # a program that cannot even begin is no verdict: Python's own status would say that numbers differ
        import traceback

        traceback.print_exc()
        return 2

    return main(arguments, Path(capsule))


if __name__ == "__main__":
    sys.exit(start(os.path.dirname(os.path.abspath(__file__)), sys.argv[1:]))
