"""What a job sees of its worker: ``python -m tasks.batch.site_probe REQUEST.json`` prints findings for CheckSite."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError
from analysis.provenance.environment import software
from analysis.provenance.store import Store, sha256_of
from tasks.framework.settings import base_folder, stores

__all__ = ["MARK", "Finding", "check_store", "compare_with_lock", "findings"]

# begins the line of the log that has the findings
MARK = "erumflow-site-findings "
# GPU libraries take their time on a cold file system
GPU_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One row of the table.

    Args:
        what: that was looked at.
        result: ``ok``, ``note`` (it will run, but look at it) or ``failed``.
        detail: what was found.
        cure: what to do, unless all is well.
    """

    what: str
    result: str
    detail: str
    cure: str = ""


def compare_with_lock(lock: str, installed: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    r"""How installed packages differ from a lock file.

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


def check_store(store: Store) -> Finding:
    """Write, list, read and delete a small file in a store."""
    place, name = f"site-check/{uuid.uuid4().hex}", "probe"
    what = f"store {store.url('').rstrip('/')}"
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / name
        content = os.urandom(1000)
        source.write_bytes(content)
        digest = sha256_of(source)
        store.put(place, name, source, digest)
        try:
            if store.listing(place) != {name: len(content)} or store.read(place, name) != content:
                return Finding(what, "failed", "what was written is not what is read", "ask who runs the store")
        finally:
            store.remove(place, name)
    return Finding(what, "ok", f"written, read and deleted in {time.perf_counter() - begin:.2f} s")


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


def findings(request: Mapping[str, Any]) -> list[Finding]:
    """What this machine is like.

    Args:
        request: ``scratch`` (a folder, in the shell's words), ``disk`` (MB) and ``gpus``.
    """
    rows = [_guarded("Python", _python), _guarded("packages", _packages)]
    try:
        rows += [_guarded(f"store {store.url('')}", partial(check_store, store)) for store in stores()]
    except ErumflowError as error:
        rows.append(Finding("store", "failed", error.problem, error.cure))
    rows.append(_guarded("GPU", lambda: _gpus(int(request["gpus"]))))
    rows.append(_guarded("scratch", lambda: _scratch(str(request["scratch"]), int(request["disk"]))))
    return rows


def main(path: str) -> None:
    """Look at everything and print it in one line."""
    began = time.time()
    rows = findings(json.loads(Path(path).read_text(encoding="utf-8")))
    print(MARK + json.dumps({"host": platform.node(), "began": began, "findings": [asdict(row) for row in rows]}))


if __name__ == "__main__":
    main(sys.argv[1])
