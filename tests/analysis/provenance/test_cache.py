"""Local copies: never stale, never written through, never deleted in use, never more than there may be."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance import cache as module
from analysis.provenance.cache import Cache, private_folder
from analysis.provenance.store import ContentError

Mount = Callable[[str], Path]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Source:
    """Brings contents, and counts how often."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.brought: list[bytes] = []

    def get(self, content: bytes, name: str = "x.bin") -> Path:
        def fetch(path: Path) -> None:
            self.brought.append(content)
            path.write_bytes(content)

        return self.cache.get(digest(content), name, fetch)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 1000)


def kept(cache: Cache) -> set[bytes]:
    return {path.read_bytes() for path in (cache.folder / "content").glob("*/*")}


def test_a_file_is_brought_once(cache: Cache):
    source = Source(cache)
    path = source.get(b"one")
    assert (path.name, path.read_bytes()) == ("x.bin", b"one")
    assert source.get(b"one") == path
    other = Source(Cache(cache.folder, 1000))  # as another process has it
    assert other.get(b"one", "y.bin").read_bytes() == b"one"
    assert (source.brought, other.brought) == ([b"one"], [])


def test_the_same_file_looks_the_same_wherever_and_whenever_it_was_brought(tmp_path: Path):
    paths = [Source(Cache(tmp_path / name, 1000)).get(b"one") for name in ("here", "there")]
    looks = [(path.parent.name, path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    assert looks[0] == looks[1]
    assert paths[0] != paths[1]


def test_what_goes_is_what_was_not_used_for_longest(cache: Cache):
    contents = [bytes([65 + number]) * 300 for number in range(4)]
    source = Source(cache)
    for content in contents[:3]:
        source.get(content)
        time.sleep(0.01)
    cache.release()
    source.get(contents[0])  # used again
    cache.release()
    source.get(contents[3])
    assert kept(cache) == {contents[0], contents[3]}


def test_what_is_in_use_stays(cache: Cache):
    source = Source(cache)
    paths = [source.get(bytes([65 + number]) * 300) for number in range(10)]
    assert [path.read_bytes()[0] for path in paths] == list(range(65, 75))
    cache.release()
    assert not any(path.exists() for path in paths)
    source.get(b"z" * 300)
    assert sum(map(len, kept(cache))) <= 1000


def test_what_is_larger_than_the_limit_is_handed_out_and_not_kept(cache: Cache):
    path = Source(cache).get(b"x" * 2000)
    assert path.stat().st_size == 2000
    assert kept(cache) == set()
    cache.release()
    assert not path.exists()


def test_a_copy_that_was_written_into_is_not_used_again(cache: Cache):
    source = Source(cache)
    path = source.get(b"one")
    assert path.stat().st_mode & 0o222 == 0
    path.chmod(0o644)
    path.write_bytes(b"two")
    assert source.get(b"one").read_bytes() == b"one"
    assert source.brought == [b"one", b"one"]
    assert kept(cache) == {b"one"}


def test_wrong_content_is_fetched_once_more_and_then_refused(cache: Cache):
    sent = [b"bad", b"one", b"bad", b"bad"]

    def fetch(path: Path) -> None:
        path.write_bytes(sent.pop(0))

    assert cache.get(digest(b"one"), "x", fetch).read_bytes() == b"one"
    with pytest.raises(ContentError, match=r"y\.bin has SHA-256 [0-9a-f]{64}, its manifest says [0-9a-f]{64}"):
        cache.get(digest(b"two"), "y.bin", fetch)
    assert kept(cache) == {b"one"}
    assert list((cache.folder / "incoming").iterdir()) == []


def test_a_failure_leaves_nothing(cache: Cache):
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise StoreError("the server went away")

    with pytest.raises(StoreError, match="went away"):
        cache.get(digest(b"one"), "x", fail)
    assert list((cache.folder / "incoming").iterdir()) == []
    assert kept(cache) == set()


def test_a_file_that_was_made_here_need_not_be_brought(cache: Cache, tmp_path: Path):
    (tmp_path / "made").write_bytes(b"one")
    cache.add(digest(b"one"), tmp_path / "made")
    assert not (tmp_path / "made").exists()
    source = Source(cache)
    assert source.get(b"one").read_bytes() == b"one"
    assert source.brought == []


WORKER = """
import hashlib, os, sys, time
from pathlib import Path
from analysis.provenance.cache import Cache

cache, kind, log = Cache(Path(sys.argv[1]), 10**6), sys.argv[2], Path(sys.argv[3])

def fetch(content):
    def bring(path):
        with log.open("a") as file:
            file.write(content[:8].decode() + "\\n")
        path.write_bytes(content[:100])
        time.sleep(60 if kind == "hang" else 0.05)
        path.write_bytes(content)
    return bring

def content(number):
    return f"{number:08d}".encode() * 1000

if kind == "use":
    path = cache.get(hashlib.sha256(content(0)).hexdigest(), "x", fetch(content(0)))
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    print(child, path, flush=True)
    sys.stdin.read()
else:
    for number in range(5):
        wanted = content(number)
        assert cache.get(hashlib.sha256(wanted).hexdigest(), "x", fetch(wanted)).read_bytes() == wanted
"""


def start(cache: Cache, repository: Path, kind: str, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(cache.folder), kind, str(log)]
    return subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_many_processes_bring_each_file_once(cache: Cache, repository: Path, tmp_path: Path):
    log = tmp_path / "log"
    processes = [start(cache, repository, "all", log) for _ in range(4)]
    assert [process.communicate(timeout=60)[0] for process in processes] == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(log.read_text().split()) == [f"{number:08d}" for number in range(5)]


def test_a_killed_process_is_not_waited_for(cache: Cache, repository: Path, tmp_path: Path):
    log = tmp_path / "log"
    with start(cache, repository, "hang", log) as process:
        wait_for(lambda: any((cache.folder / "incoming").glob("*/part")))
        process.kill()
    content = b"00000000" * 1000
    assert Source(Cache(cache.folder, 10**6)).get(content).read_bytes() == content


def test_a_process_that_hangs_is_not_waited_for_ever(
    cache: Cache, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_STUCK_SECONDS", 0.3)
    with start(cache, repository, "hang", tmp_path / "log") as process:
        wait_for(lambda: any((cache.folder / "incoming").glob("*/part")))
        content = b"00000000" * 1000
        assert Source(Cache(cache.folder, 10**6)).get(content).read_bytes() == content
        assert process.poll() is None
        process.kill()


def test_what_a_fork_uses_stays_when_its_parent_is_killed(cache: Cache, repository: Path, tmp_path: Path):
    with start(cache, repository, "use", tmp_path / "log") as process:
        assert process.stdout is not None
        child, name = process.stdout.readline().split()
        process.kill()
        process.wait()
        # the next process tidies up
        Source(Cache(cache.folder, 10**6)).get(b"one")
        assert Path(name).exists()
        os.kill(int(child), signal.SIGKILL)

    def gone() -> bool:
        Source(Cache(cache.folder, 10**6)).get(b"one")
        return not Path(name).exists()

    wait_for(gone)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen in 10 s")


def test_threads(cache: Cache):
    source = Source(cache)
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(source.get(b"one"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in paths] == [b"one"] * 8
    assert source.brought == [b"one"]


def test_a_full_disk_is_cleared_of_what_is_not_used(mount: Mount):
    cache = Cache(mount("size=1m") / "cache", 10**9)
    source = Source(cache)
    for number in range(3):
        source.get(bytes([65 + number]) * 300_000)
    cache.release()
    assert source.get(b"x" * 500_000).stat().st_size == 500_000
    assert kept(cache) == {b"x" * 500_000}
    with pytest.raises(StoreError, match=r"cache of remote files is full(.|\n)*as cache in the section \[store\]"):
        source.get(b"y" * 2_000_000)
    assert cache._uses is not None
    os.close(cache._uses._lock)  # else the disk cannot be taken away


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, unprivileged: Path):
    with pytest.raises(StoreError, match="belongs to another user"):
        private_folder(Path("/usr"))
    private_folder(unprivileged / "own")
    assert (unprivileged / "own").stat().st_mode & 0o77 == 0
