"""Only this project's configuration counts: law.cfg and law_user.cfg, whatever lies in a folder or an environment.

luigi reads ``luigi.cfg`` and ``client.cfg`` of the working folder, of ``/etc/luigi``, and what ``LUIGI_CONFIG_PATH``
names; each would beat law.cfg, and could send the tasks of several stores to one scheduler. law takes
``LAW__section__option`` from the environment.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

__all__ = ["keep_to_own_configuration"]

_BASE = Path(__file__).resolve().parents[2]


def keep_to_own_configuration() -> None:
    """Leave out settings of others, and tell of those in the environment; to be called before law is imported."""
    if "law" in sys.modules:
        return
    ignored = [name for name in os.environ if name.startswith(("LAW__", "LUIGI_CONFIG_"))]
    for name in ignored:
        del os.environ[name]
    if not _is_own(os.environ.get("LAW_CONFIG_FILE", "")):
        ignored += ["LAW_CONFIG_FILE"] if os.environ.get("LAW_CONFIG_FILE") else []
        os.environ["LAW_CONFIG_FILE"] = str(_BASE / "law.cfg")
        os.environ["LAW_HOME"] = str(_BASE / ".law")
        os.environ["LAW_INDEX_FILE"] = str(_BASE / ".law" / "index")
    if ignored:
        names = ", ".join(sorted(ignored))
        print(f"warning: not heeded are {names}: settings are those of law.cfg and law_user.cfg", file=sys.stderr)
    _forget_files_of_luigi()


def _is_own(file: str) -> bool:
    """Whether a configuration is one of this project: it lies here, or knows where studies are."""
    if not file:
        return False
    try:
        return Path(file).resolve().parent == _BASE or "\n[studies]\n" in Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _forget_files_of_luigi() -> None:
    # as luigi is imported, it reads them, and might stumble over one
    around = any(map(os.path.exists, ("luigi.cfg", "client.cfg")))
    with contextlib.chdir(_BASE) if around else contextlib.nullcontext():
        from luigi.configuration import LuigiConfigParser
    LuigiConfigParser._config_paths.clear()
    LuigiConfigParser._instance = None
