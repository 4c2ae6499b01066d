"""Records: whole or not there, whatever happens to who writes them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError, StoreError
from analysis.provenance import environment
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import MANIFEST, Draft, Record
from analysis.provenance.store import sha256_of
from tests.analysis.provenance.stored import rewritten

PARTS = KeyParts("Fit", parameters={"toys": "100"}, inputs={"events": "a" * 12})
PLACE = f"study/Fit/default-{PARTS.key()}"
CONTENT = {"numbers.bin": b"\x00\x01" * 1000, "text.json": b"{}\n"}
Mount = Callable[[str], Path]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(LocalStore(tmp_path / "data"), PLACE, "", tuple(CONTENT))


@pytest.fixture
def whole(record: Record) -> Record:
    write(record)
    return record


def never() -> None:
    pytest.fail("nobody else writes this record")


def write(record: Record, then: Callable[[Draft], object] = lambda draft: None) -> None:
    """Write a record, and do something more before the block ends."""
    with record.writing(never) as draft:
        assert draft is not None
        draft.parts = PARTS
        for name in record.payload:
            draft.path(name).write_bytes(CONTENT[name])
        then(draft)


def files(record: Record) -> set[str]:
    folder = Path(record.store.url(record.place))
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def local(record: Record, name: str) -> Path:
    return Path(record.store.url(record.place, record.file_name(name)))


def test_written_and_read(record: Record):
    assert not record.is_complete()
    write(record)
    assert record.is_complete()
    assert record.is_complete(record.store.listing(record.place))
    assert {name: path.read_bytes() for name, path in record.paths().items()} == CONTENT
    record.verify()
    assert files(record) == {MANIFEST, *CONTENT}


def test_a_record_that_is_there_is_not_made_again(whole: Record):
    before = {name: os.stat(local(whole, name)) for name in (MANIFEST, *CONTENT)}
    with whole.writing(never) as draft:
        assert draft is None
    assert {name: os.stat(local(whole, name)) for name in (MANIFEST, *CONTENT)} == before


def test_labels_share_a_place(record: Record):
    records = [Record(record.store, PLACE, label, ("bin",)) for label in ("events_0-10", "events_10-20", "events")]
    CONTENT["bin"] = b"1"
    try:
        for one in records:
            assert not one.is_complete()
            write(one)
    finally:
        del CONTENT["bin"]
    assert all(one.is_complete(record.store.listing(PLACE)) for one in records)
    assert records[0].file_name("bin") == "events_0-10.bin"
    assert records[0].address == record.store.url(PLACE, "events_0-10")
    assert record.address == record.store.url(PLACE)
    assert not record.is_complete()
    local(records[0], "bin").unlink()
    assert [one.is_complete(record.store.listing(PLACE)) for one in records] == [False, True, True]


def test_the_manifest_says_everything(record: Record, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEBODYS_TOKEN", "d0-not-te11")
    used = {"role": "events", "place": f"study/Events/a-{'a' * 12}", "key": "a" * 12}
    inputs = [used | {"labels": [""], "contents": ["0" * 64]}]
    with record.writing(never) as draft:
        assert draft is not None
        draft.parts, draft.inputs, draft.seeds = PARTS, inputs, {"training": 3}
        draft.parameters = {"name": "µ", "odd": "\udcff", "workers": "4"}
        for name in record.payload:
            draft.path(name).write_bytes(CONTENT[name])
    text = local(record, MANIFEST).read_text(encoding="ascii")
    assert "d0-not-te11" not in text
    assert "SOMEBODYS_TOKEN" not in text

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    manifest = json.loads(text, parse_constant=refuse)
    assert manifest == record.manifest()
    # the last line is the digest of all that is before it
    before, _, last = text.rpartition(',\n "digest": ')
    assert json.loads(before + "}").keys() == manifest.keys() - {"digest"}
    assert last == f'"{hashlib.sha256(before.encode()).hexdigest()}"\n}}\n'
    assert manifest["record"] == {
        "study": "study",
        "family": "Fit",
        "place": PLACE,
        "label": "",
        "key": PARTS.key(),
    }
    assert manifest["payload"] == {
        name: {"size": len(content), "sha256": sha256_of(local(record, name))} for name, content in CONTENT.items()
    }
    assert KeyParts.from_dict(manifest["parts"]).key() == record.key
    assert manifest["inputs"] == inputs
    assert manifest["seeds"] == {"training": 3}
    assert manifest["parameters"] == {"name": "µ", "odd": "\udcff", "workers": "4"}
    assert manifest["source"].keys() == {"commit", "dirty"}
    assert manifest["software"]["lock_sha256"]
    assert {"law", "luigi", "numpy"} <= manifest["software"]["packages"].keys()
    assert manifest["host"].keys() == {"name", "system", "machine", "processor", "features", "libc", "cores"}
    made = manifest["made"]
    assert made.keys() == {"start", "end", "seconds", "cpu_seconds", "peak_memory_bytes", "device"}
    assert made["start"] <= made["end"]
    assert made["peak_memory_bytes"] > 1e7


def test_sha256_is_that_of_the_content(tmp_path: Path):
    (tmp_path / "x").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt("x"), StoreError("x")])
def test_a_failure_leaves_nothing(record: Record, error: BaseException):
    def fail(draft: Draft) -> None:
        raise error

    with pytest.raises(type(error), match="x"):
        write(record, fail)
    assert files(record) == set()
    write(record)


def test_the_workspace_outlives_a_failure_and_goes_with_success(record: Record):
    def fail(draft: Draft) -> None:
        (draft.workspace / "checkpoint").write_bytes(b"1")
        raise ValueError("x")

    def find(draft: Draft) -> None:
        assert (draft.workspace / "checkpoint").read_bytes() == b"1"

    with pytest.raises(ValueError, match="x"):
        write(record, fail)
    write(record, find)
    assert files(record) == {MANIFEST, *CONTENT}


def leave_out(draft: Draft) -> None:
    draft.path("text.json").unlink()


def link(draft: Draft) -> None:
    draft.path("text.json").unlink()
    draft.path("text.json").symlink_to("/etc/hostname")


def make_folder(draft: Draft) -> None:
    draft.path("text.json").unlink()
    draft.path("text.json").mkdir()


@pytest.mark.parametrize("spoil", [leave_out, link, make_folder])
def test_a_payload_that_is_no_file(record: Record, spoil: Callable[[Draft], None]):
    with pytest.raises(RecordError, match=r"the payload 'text\.json' was not written"):
        write(record, spoil)
    assert files(record) == set()


def test_a_manifest_that_cannot_be_written_leaves_nothing(record: Record):
    with pytest.raises(ValueError, match="JSON"):
        write(record, lambda draft: draft.parameters.update(x=float("nan")))
    assert files(record) == set()


def test_unknown_payload(whole: Record):
    with pytest.raises(RecordError, match=r"'txt\.json' is not among the payload"):
        whole.path("txt.json")
    assert whole.is_complete()  # asking for what never was is no damage
    local(whole, MANIFEST).unlink()
    with pytest.raises(RecordError, match=r"'txt\.json' is not among the payload"):
        write(whole, lambda draft: draft.path("txt.json"))


def truncate(record: Record, name: str) -> None:
    os.truncate(local(record, name), local(record, name).stat().st_size // 2)


def lengthen(record: Record, name: str) -> None:
    with local(record, name).open("ab") as file:
        file.write(b"x")


def delete(record: Record, name: str) -> None:
    local(record, name).unlink()


def flip(record: Record, name: str) -> None:
    content = bytearray(local(record, name).read_bytes())
    content[len(content) // 2] ^= 1
    local(record, name).write_bytes(content)


def empty(record: Record, name: str) -> None:
    local(record, name).write_bytes(b"")


def replace_content(content: bytes) -> Callable[[Record, str], None]:
    def change(record: Record, name: str) -> None:
        local(record, name).write_bytes(content)

    return change


def lie(change: Callable[[Any], object]) -> Callable[[Record, str], None]:
    def apply(record: Record, name: str) -> None:
        rewritten(local(record, name), change)

    return apply


def edit(record: Record, name: str) -> None:
    """Change a text of the manifest by hand."""
    text = local(record, name).read_text()
    assert '"toys": "100"' in text
    local(record, name).write_text(text.replace('"toys": "100"', '"toys": "200"'))


def cut_off(record: Record, name: str) -> None:
    """Leave the digest of the text out."""
    text, _, _ = local(record, name).read_text().rpartition(",")
    local(record, name).write_text(text + "}")


BY_SIZE = {
    "truncated": (truncate, "numbers.bin", r"numbers\.bin has 1000 bytes, its manifest says 2000 bytes"),
    "longer": (lengthen, "text.json", r"text\.json has 4 bytes, its manifest says 3 bytes"),
    "empty": (empty, "numbers.bin", r"numbers\.bin has 0 bytes"),
    "missing": (delete, "numbers.bin", r"numbers\.bin is missing, its manifest says 2000 bytes"),
}
BY_DIGEST = {"flipped": (flip, "numbers.bin", r"numbers\.bin has SHA-256 [0-9a-f]{64}, its manifest says [0-9a-f]{64}")}
MANIFESTS = {
    "truncated manifest": (truncate, ""),
    "longer manifest": (lengthen, "Extra data"),
    "empty manifest": (empty, "Expecting value"),
    "binary manifest": (replace_content(bytes(range(256))), ""),
    "manifest of zeros": (replace_content(b"\x00" * 4096), ""),
    "list": (replace_content(b"[]"), "it is of none of the formats 1, 2"),
    "number": (replace_content(b"3"), "it is of none of the formats"),
    "edited": (edit, "its text has another SHA-256 than it says"),
    "no digest": (cut_off, "the digest of its text is missing"),
    "other format": (lie(lambda m: m.update(format=99)), "it is of none of the formats"),
    "no payload": (lie(lambda m: m.pop("payload")), "payload is missing"),
    "payload of another kind": (lie(lambda m: m.update(payload=[1])), "payload is no object"),
    "payload without a size": (
        lie(lambda m: m["payload"]["text.json"].pop("size")),
        "payload text.json size is missing",
    ),
    "payload without a digest": (
        lie(lambda m: m["payload"]["text.json"].pop("sha256")),
        "payload text.json sha256 is missing",
    ),
    "other parts": (lie(lambda m: m["parts"]["parameters"].update(toys="200")), "its key is not that of its parts"),
}


def check_damaged(record: Record, read: Callable[[], object], message: str, damaged: set[str]) -> None:
    """Reading tells, sets aside, and then the record is not there; making it again heals it."""
    with pytest.raises(RecordError, match=message) as caught:
        read()
    assert record.store.url(record.place) in caught.value.problem
    assert "run the same command again" in caught.value.cure
    assert not record.is_complete()
    assert not record.is_complete(record.store.listing(record.place))
    aside = {name.partition("/")[2].rsplit(".", 2)[0] for name in files(record) if name.startswith(".set-aside/")}
    assert aside == damaged
    assert record.store.listing(record.place).has_set_aside
    assert record.store.set_aside_names(record.place) == damaged
    assert all(name in str(caught.value) for name in damaged)
    write(record)
    record.verify()


@pytest.mark.parametrize(("damage", "name", "message"), BY_SIZE.values(), ids=BY_SIZE)
@pytest.mark.parametrize("read", ["path", "verify"])
def test_damage_of_size(whole: Record, damage: Callable[[Record, str], None], name: str, message: str, read: str):
    damage(whole, name)
    reading = whole.verify if read == "verify" else lambda: whole.path(name)
    check_damaged(whole, reading, message, {MANIFEST} if damage is delete else {MANIFEST, name})


@pytest.mark.parametrize(("damage", "name", "message"), BY_DIGEST.values(), ids=BY_DIGEST)
@pytest.mark.parametrize("read", ["path", "verify"])
def test_damage_of_content(whole: Record, damage: Callable[[Record, str], None], name: str, message: str, read: str):
    whole.paths()  # what was right a moment ago
    damage(whole, name)
    check_damaged(whole, whole.verify if read == "verify" else lambda: whole.path(name), message, {MANIFEST, name})


@pytest.mark.parametrize(("damage", "message"), MANIFESTS.values(), ids=MANIFESTS)
def test_damage_of_the_manifest(whole: Record, damage: Callable[[Record, str], None], message: str):
    damage(whole, MANIFEST)
    message = rf"its manifest manifest\.json is not a manifest of this store: .*{re.escape(message)}"
    check_damaged(whole, lambda: whole.path("text.json"), message, {MANIFEST})


def test_a_manifest_that_knows_less_than_the_task(whole: Record):
    lie(lambda m: m["payload"].pop("text.json"))(whole, MANIFEST)
    check_damaged(whole, whole.verify, r"text\.json has 3 bytes, its manifest says None", {MANIFEST, "text.json"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "f" * 12}, "its record's study, family and key are not those of its place"),
        ({"place": f"study/Fit/other-{PARTS.key()}"}, "it is that of another record, study/Fit/other-"),
        ({"label": "other"}, "it is that of another record, .* other"),
    ],
)
def test_the_manifest_of_another_record(whole: Record, change: dict[str, str], message: str):
    lie(lambda m: m["record"].update(change))(whole, MANIFEST)
    check_damaged(whole, whole.paths, message, {MANIFEST})


def test_the_true_manifest_of_another_record(whole: Record):
    other = Record(whole.store, PLACE, "other", whole.payload)
    write(other)
    shutil.copy(local(other, MANIFEST), local(whole, MANIFEST))
    with pytest.raises(RecordError, match=r"is not a manifest of this store: it is that of another record, .* other;"):
        whole.paths()
    assert other.is_complete()
    other.verify()


def test_a_deleted_manifest(whole: Record):
    delete(whole, MANIFEST)
    assert not whole.is_complete()
    with pytest.raises(RecordError, match=r"has no manifest(.|\n)*run the same command again"):
        whole.path("text.json")
    write(whole)
    whole.verify()


def test_damage_in_a_store_that_may_not_be_written(mount: Mount):
    record = Record(LocalStore(mount("size=1m")), PLACE, "", tuple(CONTENT))
    write(record)
    truncate(record, "numbers.bin")
    root = str(record.store.root)  # type: ignore[attr-defined]
    subprocess.run(["mount", "-o", "remount,ro", root], check=True)
    with pytest.raises(RecordError, match=r"numbers\.bin has 1000 bytes(.|\n)*it cannot be set aside: (.|\n)*delete"):
        record.path("numbers.bin")


def test_two_see_the_same_damage(whole: Record, monkeypatch: pytest.MonkeyPatch):
    truncate(whole, "numbers.bin")
    # both have read it before one of them sets the record aside
    manifest = whole.manifest()
    monkeypatch.setattr(Record, "manifest", lambda self: manifest)
    for what in ("has 1000 bytes", "is missing"):
        with pytest.raises(RecordError, match=rf"numbers\.bin {what}, its manifest says 2000 bytes"):
            whole.path("numbers.bin")


def test_a_payload_that_cannot_be_read(unprivileged: Path):
    record = Record(LocalStore(unprivileged / "data"), PLACE, "", tuple(CONTENT))
    write(record)
    local(record, "text.json").chmod(0)
    with pytest.raises(StoreError, match=r"does not permit it: .*text\.json"):
        record.verify()
    assert record.is_complete()


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def write_bytes(record: Record, size: int) -> None:
    with record.writing(never) as draft:
        assert draft is not None
        draft.parts = PARTS
        draft.parameters = {"long": "x" * 20_000}  # so that the manifest has several blocks
        draft.path("bin").write_bytes(b"\xff" * size)


@pytest.mark.parametrize(
    "left",
    [-(2**20), 0, 4096],
    ids=["in the middle of the payload", "before the manifest", "in the middle of the manifest"],
)
def test_a_full_store(mount: Mount, left: int):
    folder = mount("size=1m")
    record = Record(LocalStore(folder), PLACE, "", ("bin",))
    before = free_bytes(folder)
    with pytest.raises(StoreError, match=r"the store is full: (.|\n)*free some space") as caught:
        write_bytes(record, before - left)
    assert str(folder) in caught.value.problem
    assert not record.is_complete()
    assert files(record) == set()
    assert free_bytes(folder) == before
    write_bytes(record, before // 2)
    record.verify()


# writes one record after another, and kills itself at the line of that number while it writes
KILLED = """
import os, signal, sys
from pathlib import Path
from analysis.provenance import environment, keys, local_store, records, store

root, content = Path(sys.argv[1]), {"numbers.bin": b"\\x00\\x01" * 1000, "text.json": b"{}\\n"}
for function in (environment.source, environment.software, environment.host):
    function()
files = {module.__file__ for module in (local_store, records, store)}
names = {"write_text", "write_bytes", "rmtree", "rename", "mkdir", "unlink"}

def write(number):
    count = 0
    def trace(frame, event, argument):
        nonlocal count
        code = frame.f_code
        if code.co_filename not in files and code.co_name not in names and code.co_filename != "<string>":
            return None
        if event == "line":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    record = records.Record(local_store.LocalStore(root), f"study/Fit/n{number}-PARTSKEY", "", tuple(content))
    sys.settrace(trace)
    with record.writing(lambda: None) as draft:
        draft.parts = keys.KeyParts(**PARTS)
        for name in content:
            with draft.path(name).open("wb") as file:
                file.write(content[name][:2])
                file.flush()
                file.write(content[name][2:])
    sys.settrace(None)
    return count

write(-1)
total = write(0)
for number in range(1, total + 1):
    child = os.fork()
    if child == 0:
        write(number)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, number
print(total)
"""


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a fast disk, where there is one: the test below writes a thousand files."""
    fast = Path("/dev/shm")
    folder = (fast if os.access(fast, os.W_OK) else tmp_path) / f"records-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_killed_at_every_line(memory: Path, repository: Path):
    code = KILLED.replace("PARTSKEY", PARTS.key()).replace("PARTS", repr(PARTS.as_dict()))
    done = subprocess.run(
        [sys.executable, "-c", code, str(memory)],
        cwd=repository, capture_output=True, text=True, check=True,
    )  # fmt: skip
    total = int(done.stdout)
    assert total > 150
    complete, left_payload = [], 0
    for number in range(1, total + 1):
        record = Record(LocalStore(memory), f"study/Fit/n{number}-{PARTS.key()}", "", tuple(CONTENT))
        left_payload += bool(record.store.listing(record.place)) and not record.is_complete()
        assert record.is_complete() == record.is_complete(record.store.listing(record.place))
        complete.append(record.is_complete())
        if complete[-1]:
            # killed after the manifest: at most an empty draft and a lock that nobody holds are left
            assert files(record) - {".record.lock", ".record.part"} == {MANIFEST, *CONTENT}
        else:
            write(record)
            assert files(record) == {MANIFEST, *CONTENT}
        record.verify()
        assert {name: path.read_bytes() for name, path in record.paths().items()} == CONTENT
    assert complete == sorted(complete)  # from the manifest on, it is whole
    assert 100 < complete.index(True) < total
    assert left_payload > 0  # some were killed between payload and manifest


WRITER = """
import sys, time
from pathlib import Path
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record

record = Record(LocalStore(Path(sys.argv[1])), sys.argv[2], "", ("text.json",))
with record.writing(lambda: None) as draft:
    print("writes" if draft else "takes", flush=True)
    sys.stdin.read()
    if draft:
        draft.parts = KeyParts(**PARTS)
        draft.path("text.json").write_text("by the other")
"""


def other_writer(record: Record, repository: Path) -> subprocess.Popen[str]:
    root = str(record.store.root)  # type: ignore[attr-defined]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER.replace("PARTS", repr(PARTS.as_dict())), root, record.place],
        cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n"
    return process


def test_one_writes_and_the_other_takes_it(record: Record, repository: Path):
    record = Record(record.store, PLACE, "", ("text.json",))
    process = other_writer(record, repository)
    assert process.stdin is not None
    with process, record.writing(process.stdin.close) as draft:
        assert draft is None
    assert record.path("text.json").read_text() == "by the other"


def test_one_is_killed_and_the_other_writes(record: Record, repository: Path):
    record = Record(record.store, PLACE, "", ("text.json",))
    process = other_writer(record, repository)
    with process, record.writing(process.kill) as draft:
        assert draft is not None
        draft.parts = PARTS
        draft.path("text.json").write_text("by this one")
    assert record.path("text.json").read_text() == "by this one"
    assert files(record) == {MANIFEST, "text.json"}


def test_10000_records_of_a_place_cost_one_listing(memory: Path, monkeypatch: pytest.MonkeyPatch):
    store = LocalStore(memory)
    (memory / PLACE).mkdir(parents=True)
    labels = [f"events_{i}-{i + 1}" for i in range(10_000)]
    for label in labels[:-1]:
        for name in ("bin", MANIFEST):
            os.close(os.open(memory / PLACE / f"{label}.{name}", os.O_CREAT))
    calls = {"scandir": 0, "stat": 0}
    for function in calls:
        original = getattr(os, function)

        def counted(*arguments: Any, _original: Any = original, _name: str = function, **named: Any) -> Any:
            calls[_name] += 1
            return _original(*arguments, **named)

        monkeypatch.setattr(os, function, counted)
    listing = store.listing(PLACE)
    complete = [label for label in labels if Record(store, PLACE, label, ("bin",)).is_complete(listing)]
    assert calls == {"scandir": 1, "stat": 0}
    assert complete == labels[:-1]


def test_what_describes_the_machine_is_found_once():
    assert environment.software() is environment.software()
    assert environment.source() is environment.source()
