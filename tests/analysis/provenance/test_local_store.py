"""The local store: what it lists, locks and refuses."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import DataError, StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.store import as_store_error, is_no_space, store_errors

PLACE = "study/Fit/default-0123456789ab"
Mount = Callable[[str], Path]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "data")


def never() -> None:
    pytest.fail("nobody else holds the lock")


def put(store: LocalStore, name: str, content: bytes = b"content", place: str = PLACE) -> None:
    with store.lock(place, "", never), store.draft(place, "") as folder:
        (folder / name).write_bytes(content)
        store.put(place, name, folder / name)


def everything(store: LocalStore) -> set[str]:
    return {str(path.relative_to(store.root / PLACE)) for path in (store.root / PLACE).rglob("*")}


def test_an_empty_store_is_not_made_by_asking(store: LocalStore):
    assert store.listing(PLACE) == {}
    assert store.folders("study") == []
    assert store.size(PLACE, "x") is None
    assert not store.root.exists()


def test_files(store: LocalStore):
    put(store, "x.bin", b"12345")
    assert store.listing(PLACE) == {"x.bin": 5}
    assert store.size(PLACE, "x.bin") == 5
    assert store.read(PLACE, "x.bin") == b"12345"
    assert store.localize(PLACE, "x.bin").read_bytes() == b"12345"
    assert store.url(PLACE, "x.bin") == str(store.root / PLACE / "x.bin")
    assert store.folders("study") == ["Fit"]
    assert everything(store) == {"x.bin"}  # no lock, no draft
    put(store, "x.bin", b"1")
    assert store.listing(PLACE) == {"x.bin": 1}
    store.remove(PLACE, "x.bin")
    store.remove(PLACE, "x.bin")
    assert store.listing(PLACE) == {}


def test_only_files_without_a_dot_are_listed(store: LocalStore):
    put(store, "x.bin")
    folder = store.root / PLACE
    (folder / ".hidden").write_bytes(b"1")
    (folder / "folder").mkdir()
    (folder / ".dot").mkdir()
    os.mkfifo(folder / "pipe")
    assert store.listing(PLACE) == {"x.bin": 7}
    assert store.folders(PLACE) == ["folder"]
    assert store.size(PLACE, "folder") is None


def test_a_file_that_goes_while_it_is_listed_takes_no_others_along(store: LocalStore):
    put(store, "x.bin")
    # seen by the listing, not there any more when it is asked for its size
    (store.root / PLACE / "gone.bin").symlink_to("nowhere")
    assert store.listing(PLACE) == {"x.bin": 7}
    assert store.size(PLACE, "gone.bin") is None


def test_setting_aside(store: LocalStore):
    put(store, "x.bin", b"first")
    one = store.set_aside(PLACE, "x.bin")
    put(store, "x.bin", b"second")
    other = store.set_aside(PLACE, "x.bin")
    assert one != other
    assert (Path(one).read_bytes(), Path(other).read_bytes()) == (b"first", b"second")
    assert store.listing(PLACE) == {}
    assert store.set_aside(PLACE, "x.bin") == ""  # another process was faster


def test_workspaces(store: LocalStore):
    one, other = store.workspace(PLACE, "one"), store.workspace(PLACE, "other")
    (one / "checkpoint").write_bytes(b"1")
    assert store.workspace(PLACE, "one") == one
    assert store.listing(PLACE) == {}
    store.discard_workspace(PLACE, "one")
    assert not one.exists()
    assert other.is_dir()
    store.discard_workspace(PLACE, "other")
    store.discard_workspace(PLACE, "other")
    assert everything(store) == set()


def test_workspaces_that_come_and_go_at_once(store: LocalStore):
    errors: list[BaseException] = []

    def work(label: str) -> None:
        try:
            for _ in range(100):
                (store.workspace(PLACE, label) / "file").write_bytes(b"1")
                store.discard_workspace(PLACE, label)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(label,)) for label in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("label", ["", "events_0-10", "a[1]*?", "ä b", "x.part"])
def test_leftovers_of_a_killed_writer_go_with_the_next_draft(store: LocalStore, label: str):
    with store.draft(PLACE, label) as folder:
        leftover = folder
    leftover.mkdir()
    (leftover / "half").write_bytes(b"1" * 100)
    with store.draft(PLACE, label) as folder:
        assert list(folder.iterdir()) == []
    assert everything(store) == set()


def test_a_draft_leaves_drafts_of_similar_labels_alone(store: LocalStore):
    with store.draft(PLACE, "run.extended") as other:
        (other / "x").write_bytes(b"1")
        with store.draft(PLACE, "run"), store.draft(PLACE, ""), store.draft(PLACE, "run.extended.part"):
            pass
        assert (other / "x").read_bytes() == b"1"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, DataError])
def test_a_draft_goes_whatever_happens(store: LocalStore, error: type[BaseException]):
    def write() -> None:
        with store.lock(PLACE, "", never), store.draft(PLACE, "") as folder:
            (folder / "x").write_bytes(b"1")
            raise error("x")

    with pytest.raises(error, match="x"):
        write()
    assert everything(store) == set()


HOLDER = """
import os, sys, time
from pathlib import Path
from analysis.provenance.local_store import LocalStore

with LocalStore(Path(sys.argv[1])).lock(sys.argv[2], "", lambda: None):
    child = os.fork() if sys.argv[3] == "fork" else -1
    if child == 0:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.read()
"""


def hold(store: LocalStore, repository: Path, kind: str = "") -> tuple[subprocess.Popen[str], int]:
    """Another process that holds a lock until its input ends, and the number of its child."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store.root), PLACE, kind],
        cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_lock_is_waited_for(store: LocalStore, repository: Path):
    calls = []
    process, _ = hold(store, repository)
    with process:

        def waiting() -> None:
            calls.append(process.poll())
            assert process.stdin is not None
            process.stdin.close()

        with store.lock(PLACE, "other", never):
            pass
        with store.lock(PLACE, "", waiting):
            pass
    assert calls == [None]  # told once, while the other was alive
    assert everything(store) == set()


def test_a_killed_holder_holds_nothing(store: LocalStore, repository: Path):
    process, _ = hold(store, repository)
    with process, store.lock(PLACE, "", process.kill):
        assert process.wait() == -signal.SIGKILL
    assert everything(store) == set()


def test_a_child_of_a_killed_holder_holds_nothing(store: LocalStore, repository: Path):
    process, child = hold(store, repository, "fork")
    try:
        with process:
            process.kill()
            process.wait()
            begin = time.monotonic()
            with store.lock(PLACE, "", lambda: None):
                assert time.monotonic() - begin < 30
                os.kill(child, 0)  # it still runs
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_leftover_lock_file_is_no_lock(store: LocalStore):
    (store.root / PLACE).mkdir(parents=True)
    (store.root / PLACE / ".record.lock").write_bytes(b"")
    with store.lock(PLACE, "", never):
        assert everything(store) == {".record.lock"}
    assert everything(store) == set()


COUNTER = """
import sys
from pathlib import Path
from analysis.provenance.local_store import LocalStore

store, file = LocalStore(Path(sys.argv[1])), Path(sys.argv[1]) / "count"
for _ in range(60):
    with store.lock(sys.argv[2], "", lambda: None):
        file.write_text(str(int(file.read_text()) + 1))
"""


def test_a_lock_has_one_holder(store: LocalStore, repository: Path):
    store.root.mkdir()
    (store.root / "count").write_text("0")
    command = [sys.executable, "-c", COUNTER, str(store.root), PLACE]
    processes = [subprocess.Popen(command, cwd=repository) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert (store.root / "count").read_text() == "180"


ASKING = {
    "listing": lambda store: store.listing(PLACE),
    "folders": lambda store: store.folders(PLACE),
    "size": lambda store: store.size(PLACE, "x"),
    "read": lambda store: store.read(PLACE, "x"),
    "remove": lambda store: store.remove(PLACE, "x"),
    "set_aside": lambda store: store.set_aside(PLACE, "x"),
    "lock": lambda store: store.lock(PLACE, "", never).__enter__(),
    "draft": lambda store: store.draft(PLACE, "").__enter__(),
    "workspace": lambda store: store.workspace(PLACE, "x"),
}
READING = {name: ASKING[name] for name in ("listing", "folders", "size", "read")}
WRITING = {name: ASKING[name] for name in ("lock", "draft", "workspace")}


@pytest.mark.parametrize("ask", (READING | WRITING).values(), ids=READING | WRITING)
def test_an_unreachable_store_is_not_an_empty_one(tmp_path: Path, ask: Callable[[LocalStore], object]):
    with pytest.raises(StoreError, match="not/mounted"):
        ask(LocalStore(tmp_path / "not" / "mounted"))
    (tmp_path / "link").symlink_to(tmp_path / "unmounted" / "data")
    with pytest.raises(StoreError, match="link"):
        ask(LocalStore(tmp_path / "link"))


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize("where", ["", "study", PLACE])
def test_a_file_in_the_place_of_a_folder(store: LocalStore, where: str, ask: Callable[[LocalStore], object]):
    path = store.root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=r"the store cannot be used: (.|\n)*ERUMFLOW_STORE"):
        ask(store)


def test_no_permission_to_read_is_not_absence(unprivileged: Path):
    store = LocalStore(unprivileged / "data")
    put(store, "x")
    (store.root / PLACE).chmod(0)
    for ask in (ASKING["listing"], ASKING["size"], ASKING["read"], ASKING["set_aside"]):
        with pytest.raises(StoreError, match=r"does not permit it: .*default-0123456789ab"):
            ask(store)
    (store.root / PLACE).chmod(0o700)
    assert store.listing(PLACE) == {"x": 7}
    store.root.chmod(0)
    with pytest.raises(StoreError, match="does not permit"):
        store.listing(PLACE)


@pytest.mark.parametrize("ask", WRITING.values(), ids=WRITING)
def test_no_permission_to_write(unprivileged: Path, ask: Callable[[LocalStore], object]):
    store = LocalStore(unprivileged / "data")
    store.root.mkdir()
    store.root.chmod(0o500)
    with pytest.raises(StoreError, match=r"does not permit it(.|\n)*cure: correct the permissions"):
        ask(store)
    assert store.listing(PLACE) == {}


@pytest.mark.parametrize("ask", WRITING.values(), ids=WRITING)
def test_a_read_only_file_system(mount: Mount, ask: Callable[[LocalStore], object]):
    store = LocalStore(mount("size=1m"))
    put(store, "x")
    subprocess.run(["mount", "-o", "remount,ro", str(store.root)], check=True)
    with pytest.raises(StoreError, match="does not permit"):
        ask(store)
    assert store.read(PLACE, "x") == b"content"
    with pytest.raises(StoreError, match="does not permit"):
        store.set_aside(PLACE, "x")


def test_a_full_store_by_number_of_files(mount: Mount):
    store = LocalStore(mount("size=1m,nr_inodes=4"))
    with pytest.raises(StoreError, match="the store is full"), store.lock(PLACE, "", never):
        pass


def test_a_full_store_as_libraries_tell_it(mount: Mount):
    store = LocalStore(mount("size=256k"))
    table = pa.table({"x": [os.urandom(2_000_000)]})
    with pytest.raises(StoreError, match="the store is full"), store.draft(PLACE, "") as folder:
        pq.write_table(table, folder / "x.parquet", compression="none")
    assert everything(store) == set()


def test_a_full_disk_behind_other_errors():
    full = OSError(errno.ENOSPC, "No space left on device")
    try:
        try:
            raise full
        except OSError as error:
            raise DataError("cannot be written") from error
    except DataError as error:
        wrapped = error
    assert is_no_space(wrapped)
    assert is_no_space(RuntimeError("IOError: No space left on device"))
    assert is_no_space(OSError(errno.EDQUOT, "quota"))
    assert not is_no_space(OSError(errno.EIO, "x"))
    assert not is_no_space(None)


def test_errors_in_words():
    with pytest.raises(StoreError, match="cannot be used: address"), store_errors("address"):
        raise OSError(errno.EIO, "Input/output error")
    assert "full" in str(as_store_error(OSError(errno.EDQUOT, "x"), "address"))
    assert "permit" in str(as_store_error(OSError(errno.EROFS, "x"), "address"))
    with pytest.raises(ValueError, match="x"), store_errors("address"):
        raise ValueError("x")
