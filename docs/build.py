"""Build the site of docs, and open it: one page a topic, in build/site, readable from disk.

    python docs/build.py                # build, and open it in a browser
    python docs/build.py --no-open
    python docs/build.py --run          # tutorials are run first, as far as they changed since the last time

It needs the packages of ERUMFLOW_EXTRAS=site source setup.sh.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Build the site; warnings are errors. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "site", help="where it goes")
    parser.add_argument("--no-open", action="store_true", help="open no browser")
    parser.add_argument("--run", action="store_true", help="run the tutorials; they need the public files, as tests do")
    parser.add_argument("--jobs", default="auto", help="processes that read and write pages")
    chosen = parser.parse_args(arguments)
    try:
        from sphinx.cmd.build import build_main
    except ModuleNotFoundError:
        sys.exit("build.py needs the packages of the extra site\n    to get them: ERUMFLOW_EXTRAS=site source setup.sh")
    docs = ROOT / "docs"
    options = ["-W", "--keep-going", "-q", "-j", chosen.jobs, "-c", str(docs / "site")]
    options += ["-D", f"nb_execution_mode={'cache' if chosen.run else 'off'}"]
    options += ["-d", str(chosen.folder.with_name(f"{chosen.folder.name}-pages"))]
    status = int(build_main([*options, str(docs), str(chosen.folder)]))
    page = chosen.folder / "index.html"
    print(page)
    if status == 0 and not chosen.no_open:
        webbrowser.open(page.as_uri())
    return status


if __name__ == "__main__":
    sys.exit(main())
