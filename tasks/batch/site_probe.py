"""Probe of a job's worker: ``python -m tasks.batch.site_probe REQUEST.json`` prints findings for CheckSite."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError
from analysis.provenance.environment import software
from analysis.provenance.store import Store
from analysis.source_files import SourceFile, place_of_data
from tasks.batch.store_probe import Finding, check_store, read_by_both
from tasks.framework.settings import base_folder, mirrors, stores

__all__ = ["MARK", "compare_with_lock", "findings"]

# begins the line of the log that has the findings
MARK = "erumflow-site-findings "
# GPU libraries take their time on a cold file system
GPU_SECONDS = 120


def compare_with_lock(lock: str, installed: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    r"""Compare installed packages with a lock file.

    Args:
        lock: its text, lines ``name==version ; marker``.
        installed: versions by name.

    Returns:
        Packages with another version (``"2.0 instead of 2.1"`` by name), and those that are missing.

    Examples:
        >>> lines = ["a-b==1.0 ; sys_platform == 'never' \\", "  --hash=1", "c==2", "d==3", "e==5"]
        >>> compare_with_lock("\n".join(lines), {"C": "2", "D": "4"})
        ({'d': '4 instead of 3'}, ['e'])
    """
    from packaging.markers import Marker

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    have = {plain(name): version for name, version in installed.items()}
    other, missing = {}, []
    for name, version, marker in re.findall(
        r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)\s*(?:;\s*([^\\\n]+))?", lock, re.MULTILINE
    ):
        if marker.strip() and not Marker(marker.strip()).evaluate():
            continue
        if plain(name) not in have:
            missing.append(name)
        elif have[plain(name)] != version:
            other[name] = f"{have[plain(name)]} instead of {version}"
    return other, missing


def _python() -> Finding:
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding(
            "Python",
            "failed",
            f"{version}, {sys.executable}",
            "install 3.11, 3.12 or 3.13 and name it in ERUMFLOW_PYTHON",
        )
    return Finding("Python", "ok", f"{version}, {sys.executable}")


def _packages() -> Finding:
    used = software()
    file = base_folder() / used["lock"]
    other, missing = compare_with_lock(file.read_text(encoding="utf-8"), used["packages"])
    if not other and not missing:
        return Finding("packages", "ok", f"as in {used['lock']}")
    some = [f"{name} {how}" for name, how in other.items()] + [f"no {name}" for name in missing]
    detail = ", ".join(some[:5]) + (f" and {len(some) - 5} more" if len(some) > 5 else "")
    needed = {"awkward", "jax", "law", "luigi", "numpy", "uproot"}.intersection(missing)
    return Finding(
        "packages",
        "failed" if needed else "note",
        detail,
        "let jobs use the environment of setup.sh: start commands from it, or set environment = bundle for the site",
    )


def _scratch(folder: str, wanted: int) -> Finding:
    # as the worker's shell understands it
    done = subprocess.run(["/bin/sh", "-c", f'printf %s "{folder}"'], capture_output=True, text=True, check=False)
    path = Path(done.stdout)
    try:
        with tempfile.NamedTemporaryFile(dir=path) as file:
            file.write(b"0" * 1000)
    except OSError as error:
        return Finding(
            "scratch", "failed", f"{path}: {error.strerror}", "name a folder of the worker: scratch for the site"
        )
    free = shutil.disk_usage(path).free // 10**6
    if free < wanted:
        return Finding(
            "scratch", "failed", f"{path}: {free} MB free, {wanted} asked for", "name another folder: scratch"
        )
    return Finding("scratch", "ok", f"{path}, {free / 1000:.0f} GB free")


def _gpus(wanted: int) -> Finding:
    if not wanted:
        return Finding("GPU", "ok", "none asked for")
    code = "import jax; print(*(d.device_kind for d in jax.devices() if d.platform == 'gpu'), sep=', ')"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=GPU_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Finding("GPU", "failed", f"JAX has not found it for {GPU_SECONDS} s", "look at the node with nvidia-smi")
    if done.returncode == 0 and done.stdout.strip():
        return Finding("GPU", "ok", done.stdout.strip())
    driver = shutil.which("nvidia-smi")
    return Finding(
        "GPU",
        "failed",
        "JAX sees none" + ("" if driver else ", and there is no NVIDIA driver"),
        "choose the packages for it: ERUMFLOW_JAX = cuda12 or cuda13, among the site's variables"
        if driver
        else "ask for nodes with GPUs: partition, or submit_lines",
    )


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ErumflowError as error:
        return Finding(what, "failed", error.problem, error.cure)
    except Exception as error:  # whatever it is, the table has to say it
        return Finding(what, "failed", f"{type(error).__name__}: {error}")


def _stores(left: Sequence[str], place: str) -> tuple[list[Finding], list[str]]:
    """Rows of the stores, and the digests of what was left in each for the command."""
    rows, digests = [], []
    known = stores()
    for number, store in enumerate(known):
        digest = ""

        def look(store: Store = store, number: int = number) -> Finding:
            nonlocal digest
            if len(left) != len(known):
                # nobody to exchange files with
                return check_store(store)
            finding, digest = read_by_both(store, place, left[number])
            return finding

        rows.append(_guarded(f"store {store.url('')}", look))
        digests.append(digest)
    return rows, digests


def _data(request: Mapping[str, Any]) -> list[Finding]:
    """Rows of the places that the study's events are read from, one file of each."""
    from analysis.provenance.remote.options import Options
    from analysis.readers.opening import Access, open_file

    access = Access(mirrors(), Options(**request.get("options", {})))
    rows = []
    for one in request.get("data", ()):
        file = SourceFile(**{**one, "clusters": ()})

        def look(file: SourceFile = file) -> Finding:
            begin = time.perf_counter()
            with open_file(file, access) as opened:
                opened.read(1)
            return Finding(
                _row(file), "ok", f"{file.name} is read in place, {time.perf_counter() - begin:.1f} s to open"
            )

        rows.append(_guarded(_row(file), look))
    return rows


def _row(file: SourceFile) -> str:
    return f"data {place_of_data(file.url)}"


def findings(request: Mapping[str, Any]) -> tuple[list[Finding], list[str]]:
    """Return the findings on this machine.

    Args:
        request: ``scratch`` (a folder, in the shell's words), ``disk`` (MB) and ``gpus``; of the stores ``place`` and
            ``left``, the digests of the files that the command has left there; of data that are read in place
            ``data``, one file of each server, and ``options`` of the communication with them.

    Returns:
        The rows of the table, and the digests of the files that were left in the stores for the command.
    """
    rows = [_guarded("Python", _python), _guarded("packages", _packages)]
    digests: list[str] = []
    try:
        of_stores, digests = _stores(request.get("left", ()), request.get("place", ""))
        rows += of_stores
    except ErumflowError as error:
        rows.append(Finding("store", "failed", error.problem, error.cure))
    rows += _data(request)
    rows.append(_guarded("GPU", lambda: _gpus(int(request["gpus"]))))
    rows.append(_guarded("scratch", lambda: _scratch(str(request["scratch"]), int(request["disk"]))))
    return rows, digests


def main(path: str) -> None:
    """Look at everything and print it in one line."""
    began = time.time()
    rows, digests = findings(json.loads(Path(path).read_text(encoding="utf-8")))
    said = {"host": platform.node(), "began": began, "findings": [asdict(row) for row in rows], "left": digests}
    print(MARK + json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
