"""A store that the users of a group share: they make, read and repair each other's records; others are told why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.provenance.local_store import LocalStore
from tests.analysis.provenance.stored import write_record

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs commands as other users")

GROUP = 61000
ANNA, BERT, CARL = 61001, 61002, 61003
Run = Callable[..., str]

# the interpreter may lie where only root reads: what is needed is imported before
_AS_USER = """
import json, os, sys, tempfile
from pathlib import Path
from analysis.errors import ErumflowError
from analysis.provenance.inventory import find_places, locations, read_manifests
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record, records_of
from tests.analysis.provenance.stored import verify
from tests.analysis.provenance.stored import write_record
with tempfile.TemporaryDirectory() as folder:
    record = write_record(LocalStore(Path(folder)), "Fit")
    verify(record)
for line in sys.stdin:
    root, user, umask, groups, code = json.loads(line)
    if child := os.fork():
        print("END", os.waitpid(child, 0)[1], flush=True)
        continue
    os.setgroups(groups)
    os.setgid(user)
    os.setuid(user)
    os.umask(int(umask, 8))
    store = LocalStore(Path(root))
    record = Record(store, record.place, record.label, record.payload)
    def told():
        print("waits", flush=True)
    try:
        exec(code)
    except ErumflowError as error:
        print(f"{type(error).__name__}: {error}")
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """The folder of a store, of a group and set-gid, in one that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name, "store")
        folder.mkdir()
        os.chown(folder, ANNA, GROUP)
        folder.chmod(0o2770)
        yield folder


class Users:
    """A process that runs code as one user after another, in forks of its own."""

    def __init__(self, repository: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AS_USER], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, root: Path, user: int, code: str, umask: str = "002") -> None:
        """Begin to run code as a user with this umask; members are in the group."""
        assert self.process.stdin is not None
        groups = [] if user == CARL else [GROUP]
        self.process.stdin.write(json.dumps([str(root), user, umask, groups, code]) + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        """Return a line that the code prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> str:
        """Return what else it prints, once it has ended well."""
        lines = []
        while not (line := self.line()).startswith("END"):
            assert line, "the process has ended"
            lines.append(line)
        assert line == "END 0\n", lines
        return "".join(lines).strip()


@pytest.fixture(scope="module")
def users(repository: Path) -> Iterator[Users]:
    users = Users(repository)
    yield users
    users.process.communicate()


@pytest.fixture
def run(users: Users, shared: Path) -> Run:
    """``run(ANNA, code)``: what code prints that runs as a user."""

    def run(user: int, code: str, umask: str = "002") -> str:
        users.begin(shared, user, code, umask)
        return users.end()

    return run


MAKE = 'write_record(store, "Fit")'
LOOK = "print(record.is_complete(), verify(record) or 'is right', *sorted(store.listing(record.place)))"
RIGHT = "True is right json manifest.json numbers.bin"


def test_records_are_made_read_and_repaired_by_all_of_a_group(shared: Path, run: Run):
    run(ANNA, MAKE)
    for path in shared.rglob("*"):
        assert path.stat().st_gid == GROUP, path
    assert run(BERT, LOOK) == RIGHT
    assert run(BERT, f"print(bool(store.set_aside(record.place, 'json')))\n{LOOK}").startswith("True\nFalse")
    assert run(BERT, f"{MAKE}\n{LOOK}") == RIGHT
    assert run(ANNA, LOOK) == RIGHT
    (manifest,) = shared.rglob("study/**/manifest.json")
    assert manifest.stat().st_uid == BERT
    # and back again
    assert run(ANNA, f"store.set_aside(record.place, 'manifest.json')\n{MAKE}\n{LOOK}") == RIGHT
    assert manifest.stat().st_uid == ANNA


def test_a_payload_that_a_library_made_private_is_shared(shared: Path, run: Run):
    private = """
with store.lock(record.place, "", told), store.draft(record.place, "") as folder:
    os.close(os.open(folder / "x", os.O_CREAT | os.O_WRONLY, 0o600))
    store.put(record.place, "x", folder / "x")
"""
    for umask, mode in (("002", 0o664), ("027", 0o640), ("077", 0o600)):
        run(ANNA, private, umask)
        (file,) = shared.rglob("x")
        assert file.stat().st_mode & 0o777 == mode
        file.unlink()
        # folders of the last one are not for the group
        (file.parent / ".in-use").unlink(missing_ok=True)


def test_what_a_killed_member_left_is_taken_over(shared: Path, run: Run):
    holds = """
with store.lock(record.place, "", told), store.draft(record.place, "") as folder:
    (folder / "half").write_text("half")
    (folder / "inner").mkdir(mode=0o700)
    (folder / "inner" / "half").write_text("half")
    checkpoint = store.workspace(record.place) / "checkpoint"
    os.close(os.open(checkpoint, os.O_CREAT | os.O_WRONLY, 0o600))
    checkpoint.write_text("of Anna")
    store.keep_workspace(record.place, "", "checkpoint")
    # as if killed: nothing is tidied up
    sys.stdout.flush()
    os._exit(0)
"""
    run(ANNA, holds)
    (place,) = (path.parent for path in shared.rglob(".record.lock"))
    # as other umasks make it; who may write in the folder may take it
    (place / ".record.lock").chmod(0o644)
    takes = """
with store.lock(record.place, "", told), store.draft(record.place, "") as folder:
    checkpoint = store.workspace(record.place) / "checkpoint"
    print(checkpoint.read_text(), len(list(folder.iterdir())))
    checkpoint.write_text("of Bert")
    store.discard_workspace(record.place)
"""
    assert run(BERT, takes) == "of Anna 0"
    # a folder that is Anna's alone stays until she or pruning deletes it, in nobody's way
    assert [path.name for path in place.iterdir() if path.name.startswith(".record")] == []
    assert run(BERT, f"{MAKE}\n{LOOK}") == RIGHT


def test_a_lock_of_another_member_is_waited_for(shared: Path, users: Users, run: Run):
    run(ANNA, MAKE)
    (place,) = (str(path.parent.relative_to(shared)) for path in shared.rglob("study/**/manifest.json"))
    with LocalStore(shared).lock(place, "", lambda: None):
        (shared / place / ".record.lock").chmod(0o644)
        users.begin(shared, BERT, "with store.lock(record.place, '', told):\n    print('holds')")
        assert users.line() == "waits\n"
    assert users.end() == "holds"


@pytest.mark.parametrize(
    "asking",
    [
        "record.is_complete()",
        "record.manifest()",
        "record.path('json')",
        "verify(record)",
        "store.listing(record.place)",
        "list(records_of(store, 'study'))",
        MAKE,
    ],
)
def test_who_is_not_of_the_group_is_told_so(shared: Path, run: Run, asking: str):
    run(ANNA, MAKE)
    answer = run(CARL, asking)
    assert answer.startswith("StoreError: the store does not permit it")
    assert f"{shared}: of user {ANNA}, group {GROUP}, mode drwxrws---" in answer
    assert "cure: correct the permissions" in answer
    assert run(BERT, LOOK) == RIGHT


def test_an_inventory_says_whose_it_may_not_read(shared: Path, run: Run):
    run(ANNA, MAKE)
    (file,) = shared.rglob("study/**/manifest.json")
    file.chmod(0o600)
    look = "(one,) = locations([store])\nprint(read_manifests(find_places(one)))"
    assert f"{file}: of user {ANNA}, group {GROUP}, mode -rw-------" in run(BERT, look)
    file.chmod(0o660)
    assert run(BERT, look).startswith("{StoredPlace(")
    assert f"{shared}: of user {ANNA}" in run(CARL, look)


@pytest.mark.parametrize("name", ["manifest.json", "json"])
def test_a_file_that_may_not_be_read_is_neither_missing_nor_damaged(shared: Path, run: Run, name: str):
    run(ANNA, MAKE)
    (file,) = shared.rglob(f"study/**/{name}")
    file.chmod(0o600)
    assert run(BERT, "print(record.is_complete())") == "True"
    for asking in ("record.path('json')", "print(verify(record))"):
        answer = run(BERT, asking)
        assert answer.startswith("StoreError: the store does not permit it"), answer
        assert f"{file}: of user {ANNA}, group {GROUP}, mode -rw-------" in answer
    assert not list(shared.rglob(".set-aside"))
    file.chmod(0o660)
    assert run(BERT, LOOK) == RIGHT


def test_a_folder_that_only_one_may_write_is_no_damage(shared: Path, run: Run):
    run(ANNA, MAKE, "022")
    assert run(BERT, LOOK) == RIGHT
    answer = run(BERT, "store.set_aside(record.place, 'json')")
    assert answer.startswith("StoreError: the store does not permit it")
    assert f"of user {ANNA}, group {GROUP}, mode drwxr-sr-x" in answer
    assert run(ANNA, LOOK) == RIGHT


def test_a_sticky_folder_lets_others_locks_be_taken(shared: Path, run: Run):
    """In such a folder the kernel may refuse to open what is there with the flag that makes what is not."""
    run(ANNA, MAKE)
    for folder in (shared, *(path for path in shared.rglob("*") if path.is_dir())):
        folder.chmod(0o3770)
    (place,) = (path.parent for path in shared.rglob("study/**/manifest.json"))
    lock = place / ".record.lock"
    lock.touch()
    os.chown(lock, ANNA, GROUP)
    lock.chmod(0o664)
    assert run(BERT, "with store.lock(record.place, '', told):\n    print('holds')") == "holds"


def test_root_reads_what_everybody_wrote(shared: Path, run: Run):
    run(ANNA, MAKE)
    assert write_record(LocalStore(shared), "Fit").is_complete()
