"""Rates of the stores on servers: uploads, downloads and listings against the tools that one would use otherwise.

    python benchmarks/stores.py [--servers xrootd,s3] [--rounds 3] [--megabytes 256] [--files 200] [--listed 1000]

It brings up the servers of tests/services on loopback (XRootD needs root). Peers, in turn: ``xrdcp`` and ``xrdfs``, one
process for all files; s3fs, called as its manual does. An upload of ours is whole or not there and has its checksum
compared with the server's; xrdcp does the same with ``--cksum``, which is the second peer. s3fs does not.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from analysis.provenance.remote.connecting import connect  # noqa: E402
from analysis.provenance.remote.options import Options  # noqa: E402
from tests.services.servers import S3, XRootD  # noqa: E402

SMALL = 10_000
MEBIBYTE = 2**20


class Ours:
    """The project's own way to a server."""

    def __init__(self, url: str, options: Options | None = None) -> None:
        self.files = connect(url, options)

    def upload(self, files: Iterable[Path], folder: str) -> None:
        for file in files:
            self.files.upload(file, f"{folder}/{file.name}")

    def download(self, folder: str, names: Iterable[str], to: Path) -> None:
        for name in names:
            self.files.download(f"{folder}/{name}", to / name)

    def listing(self, folder: str) -> int:
        return len(self.files.listing(folder))

    def remove(self, folder: str) -> None:
        self.files.remove_tree(folder)


class XRootDTools:
    """``xrdcp`` and ``xrdfs``.

    Args:
        url: ``root://host:port//folder``.
        flags: of xrdcp.
    """

    def __init__(self, url: str, *flags: str) -> None:
        self.url = url
        self.flags = flags

    def upload(self, files: Iterable[Path], folder: str) -> None:
        _run("xrdcp", "--silent", *self.flags, *map(str, files), f"{self.url}/{folder}/")

    def download(self, folder: str, names: Iterable[str], to: Path) -> None:
        flags = [flag.replace(":source", "") for flag in self.flags]
        _run("xrdcp", "--silent", *flags, *(f"{self.url}/{folder}/{name}" for name in names), f"{to}/")

    def listing(self, folder: str) -> int:
        server, _, path = self.url.removeprefix("root://").partition("//")
        return len(_run("xrdfs", f"root://{server}", "ls", "-l", f"/{path}/{folder}").splitlines())


class S3FS:
    """s3fs as it comes."""

    def __init__(self, bucket: str, endpoint: str) -> None:
        import s3fs

        self.bucket = bucket
        self.system: Any = s3fs.S3FileSystem(endpoint_url=endpoint)

    def upload(self, files: Iterable[Path], folder: str) -> None:
        for file in files:
            self.system.put_file(str(file), f"{self.bucket}/{folder}/{file.name}")

    def download(self, folder: str, names: Iterable[str], to: Path) -> None:
        for name in names:
            self.system.get_file(f"{self.bucket}/{folder}/{name}", str(to / name))

    def listing(self, folder: str) -> int:
        return len(self.system.ls(f"{self.bucket}/{folder}", detail=True, refresh=True))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed ({done.returncode}): {done.stderr[-500:]}")
    return done.stdout


def seconds_of(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def measure(ways: dict[str, Any], options: argparse.Namespace, local: Path) -> None:
    """Print a table of one server; the first way is ours."""
    ours = next(iter(ways.values()))
    large = [local / "large.bin"]
    small = [local / f"small_{i}.bin" for i in range(options.files)]
    listed = f"listed-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(dir=local) as many:
        files = [Path(many, f"record_{i}.json") for i in range(options.listed)]
        for file in files:
            file.write_text("{}")
        ours.upload(files, listed)
    rates: dict[str, dict[str, list[float]]] = {}

    def note(what: str, name: str, amount: float, action: Callable[[], object]) -> None:
        rates.setdefault(what, {}).setdefault(name, []).append(amount / seconds_of(action))

    for _ in range(options.rounds):
        for name, way in ways.items():
            folder = f"bench-{secrets.token_hex(4)}"
            # a small file makes the folder, which xrdcp does not
            ours.upload(small[:1], folder)
            back = local / folder
            back.mkdir()
            names = [file.name for file in small]
            note("upload of one file, MiB/s", name, options.megabytes, lambda: way.upload(large, folder))  # noqa: B023
            note("download of it, MiB/s", name, options.megabytes, lambda: way.download(folder, ["large.bin"], back))  # noqa: B023
            note("uploads of small files, 1/s", name, options.files, lambda: way.upload(small, folder))  # noqa: B023
            note("downloads of them, 1/s", name, options.files, lambda: way.download(folder, names, back))  # noqa: B023
            check(large + small, back)
            found = way.listing(listed)
            assert found == options.listed, f"{name} lists {found} of {options.listed}"
            note("entries listed with sizes, 1/s", name, options.listed, lambda: way.listing(listed))  # noqa: B023
            ours.remove(folder)
    ours.remove(listed)
    peers = list(ways)[1:]
    print("| |", " | ".join([*ways, *(f"ours over {peer}" for peer in peers)]), "|")
    print("| --- |", " | ".join("---:" for _ in [*ways, *peers]), "|")
    for what, found in rates.items():
        cells = [f"{statistics.median(values):,.0f}" for values in found.values()]
        first, *others = found.values()
        cells += [f"{statistics.median(a / b for a, b in zip(first, other, strict=True)):.2f}" for other in others]
        print(f"| {what} |", " | ".join(cells), "|", flush=True)
    print()


def check(files: list[Path], back: Path) -> None:
    """What came back is what was sent; it goes."""
    for file in files:
        copy = back / file.name
        assert copy.read_bytes() == file.read_bytes(), f"{file.name} came back otherwise"
        copy.unlink()
    back.rmdir()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default="xrootd,s3", help="separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=256, help="size of the large file, MiB")
    parser.add_argument("--files", type=int, default=200, help=f"small ones, of {SMALL} bytes")
    parser.add_argument("--listed", type=int, default=1000, help="entries of the folder that is listed")
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder)
        (local / "large.bin").write_bytes(os.urandom(options.megabytes * MEBIBYTE))
        for i in range(options.files):
            (local / f"small_{i}.bin").write_bytes(os.urandom(SMALL))
        for server in options.servers.split(","):
            if server == "xrootd":
                url = XRootD().up().url
                tools = XRootDTools(url, "--force")
                checked = XRootDTools(url, "--force", "--posc", "--cksum", "adler32:source")
                measure({"XRootD": Ours(url), "xrdcp": tools, "xrdcp --posc --cksum": checked}, options, local)
            else:
                s3 = S3().up()
                os.environ.update(s3.exported)
                address = f"s3://{s3.bucket}"
                ours = Ours(address, Options(endpoint=s3.endpoint))
                measure({"S3": ours, "s3fs": S3FS(s3.bucket, s3.endpoint)}, options, local)


if __name__ == "__main__":
    main()
