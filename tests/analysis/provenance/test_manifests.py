"""Manifests as text, and what is taken for one: nothing that lies, lacks something, or is too deep or too large."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError
from analysis.provenance import manifest_forms, manifests, records
from analysis.provenance.adoption import Adoption, adopt, read_all
from analysis.provenance.history import earlier_record
from analysis.provenance.inventory import find_places, locations, read_manifests
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.manifests import content_digest, manifest_text, read_manifest
from analysis.provenance.records import Record, records_of
from analysis.provenance.same_name import stored_under
from tests.analysis.provenance.stored import rewritten, verify, write_of

USED = "a" * 12
PARTS = KeyParts("Fit", {"toys": "100"}, {"m:f": "aa"}, {"fit": {"bins": [1, 2.5]}}, {"events": f"{USED} 0-100"})
OLDEST, OLD = (KeyParts("Fit", {"toys": toys}, inputs={"events": USED}) for toys in ("10", "50"))
NAME = "study/Fit/default"
TIME = "2026-11-30T10:00:00+00:00"
DIGEST = "0" * 64

Change = Callable[[dict[str, Any]], object]


def inputs() -> list[dict[str, Any]]:
    return [
        {
            "role": "events",
            "place": f"study/Events/a-{USED}",
            "key": USED,
            "labels": ["x", ""],
            "contents": [DIGEST] * 2,
        }
    ]


def adopted(old: KeyParts, **more: Any) -> dict[str, Any]:
    return {
        "adoption": "0123",
        "from": {"place": f"{NAME}-{old.key()}", "key": old.key()},
        "reason": "only comments",
        "of": [NAME],
        "time": TIME,
        "source": {"commit": "c" * 40, "dirty": False},
        "verified": ["events: the same bits"],
        "before": {"inputs": inputs(), "parts": old.as_dict()} | more,
    }


def complete(manifest: dict[str, Any]) -> None:
    """Let a manifest have all that one can have."""
    manifest["payload"]["bin"]["varying"] = True
    manifest |= {
        "inputs": inputs(),
        "parameters": {"toys": "100"},
        "seeds": {"training": 3},
        "read_in_place": {"bytes": 3},
        "sources": ["sha256:00"],
        "warnings": ["a fit did not converge"],
        "pinned": [{"place": f"study/Events/a-{USED}", "option": "Events", "made": TIME, "since": "2026-11-30"}],
        "adopted": adopted(OLD, adopted=adopted(OLDEST)),
    }


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    (tmp_path / "store").mkdir()
    return LocalStore(tmp_path / "store")


@pytest.fixture
def record(store: LocalStore) -> Record:
    """A record whose manifest has all that one can have."""
    return write_of(store, NAME, PARTS, change=complete)


def file_of(record: Record) -> Path:
    return Path(record.store.url(record.place, record.manifest_name))


def signed(text: str) -> bytes:
    """A text whose last line is the right digest, in place of the one that it has."""
    text = text.rpartition(',\n "digest": ')[0]
    return f'{text},\n "digest": "{hashlib.sha256(text.encode()).hexdigest()}"\n}}\n'.encode()


def refused(record: Record, message: str = "") -> None:
    """Reading ends in one error, which is about this record alone."""
    with pytest.raises(RecordError, match=r"its manifest manifest\.json is not a manifest of this store: ") as error:
        record.manifest()
    assert message in error.value.problem
    assert len(error.value.problem) < 1000
    assert "run the same command again" in error.value.cure
    # the manifest alone is set aside, whatever it says of other files
    folder = file_of(record).parent
    assert [path.name.rsplit(".", 2)[0] for path in (folder / ".set-aside").iterdir()] == [record.manifest_name]
    assert (folder / "bin").is_file()


class TestText:
    def test_it_says_what_the_manifest_does_whatever_was_written_before(self):
        software = {"packages": {"a": "1.0", "b": 'line\nbreak and "quotes" and µ'}}
        for number in range(3):
            parts = KeyParts("Family", {"number": number}, {"module": "0" * 16})
            manifest: dict[str, Any] = {
                "format": 1,
                "payload": {},
                "list": [[], [1, {"x": None}]],
                "parts": parts,
                "software": software,
            }
            expected = manifest | {"parts": parts.as_dict()}
            text = manifest_text(manifest)
            assert {name: one for name, one in json.loads(text).items() if name != "digest"} == expected
            assert list(json.loads(text)) == [*expected, "digest"]
            assert signed(text).decode() == text
            assert text.isascii()
            assert '\n  "packages": {\n   "a": "1.0",\n' in text
            manifest["list"] = [number]
            assert json.loads(manifest_text(manifest))["list"] == [number]

    @pytest.mark.parametrize("name", ["seconds", "software"])
    def test_what_is_no_number_is_refused(self, name: str):
        with pytest.raises(ValueError, match="not JSON compliant"):
            manifest_text({name: float("nan")})

    def test_one_changed_byte_is_always_found(self, record: Record):
        text = file_of(record).read_bytes()
        read_manifest(text)
        # all of the beginning and of the digest's line, and every 97th between them
        for place in (*range(40), *range(40, len(text) - 90, 97), *range(len(text) - 90, len(text))):
            for bit in (0, 4, 7):
                changed = bytearray(text)
                changed[place] ^= 1 << bit
                with pytest.raises(ValueError, match=r"."):
                    read_manifest(bytes(changed))

    @pytest.mark.parametrize("end", [b" ", b"\n", b'{"format": 1}', b', "x": 1}'])
    def test_nothing_follows_the_digest(self, record: Record, end: bytes):
        text = file_of(record).read_bytes()
        for changed in (text + end, text.rstrip()[:-1].rstrip() + end):
            with pytest.raises(ValueError, match=r"."):
                read_manifest(changed)


def test_a_manifest_may_have_all_of_this(record: Record):
    manifest = record.manifest()
    assert read_manifest(file_of(record).read_bytes()) == manifest
    assert manifest["adopted"]["before"]["adopted"]["from"]["key"] == OLDEST.key()
    assert record.path("bin").read_bytes() == b"12345"


def test_one_of_the_earlier_format_is_read(record: Record):
    def earlier(manifest: dict[str, Any]) -> None:
        manifest["format"] = 1
        del manifest["inputs"][0]["contents"]

    manifest = rewritten(file_of(record), earlier)
    file_of(record).write_text(json.dumps(manifest, indent=1))
    assert record.manifest() == manifest
    record.verify()


def test_an_earlier_one_lies_no_more_than_others(record: Record):
    manifest = rewritten(file_of(record), lambda one: one["parts"]["parameters"].update(toys="1"))
    file_of(record).write_text(json.dumps(manifest | {"format": 1}))
    refused(record, "its key is not that of its parts")


Where = tuple[str | int, ...]


def fields(shape: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    """All fields that a manifest can have, with their kinds; of many of one kind the first."""
    yield where, shape
    for field, inner in (
        shape.items() if isinstance(shape, dict) else enumerate(shape) if isinstance(shape, list) else ()
    ):
        if (*where, field).count("adopted?") < 3:
            yield from fields(inner, (*where, field))


FIELDS = {" ".join(map(str, where)): (where, shape) for where, shape in fields(manifest_forms._SHAPE) if where}
REQUIRED = {
    name: where for name, (where, _) in FIELDS.items() if isinstance(where[-1], str) and where[-1][-1] not in "?*"
}
_TEXTS: list[Any] = [None, 3, True, [], {}]
_NAMES = [*_TEXTS, "../x", "a/b", ".lock", "..", "a\0b", "a\nb", "\x1b[2J", "\x9b2J", "\ud800"]
#: what fields of a kind cannot be
WRONG: dict[Any, list[Any]] = {
    str: _TEXTS,
    dict: [None, 3, "x", []],
    bool: [None, 1, "true"],
    int: [None, "3", 1.5, True, 1 << 63, -(1 << 63), 10**400],
    float: [None, "1", True, -1.0, 10**400, []],
    manifest_forms._Size: [None, "3", 1.5, True, -1, 1 << 63, 10**400],
    manifest_forms._Digest: [*_TEXTS, "", "0" * 63, "0" * 65, "0" * 63 + "\n", "A" * 64],
    manifest_forms._Time: [
        *_TEXTS,
        "",
        "today",
        "2026-11-30",
        "20261130T100000",
        "2026-13-30T10:00:00",
        "0001-01-01T00:00:00",
    ],
    manifest_forms._TextOrNone: [3, True, [], {}],
    manifest_forms._Scalar: [[], {}],
    manifest_forms._Label: _NAMES,
    manifest_forms._Name: [*_NAMES, ""],
    manifest_forms._Place: [
        *_NAMES,
        "",
        "study/Fit",
        "study/Fit/default",
        f"study/../x-{USED}",
        f"/study/Fit/x-{USED}",
    ],
    object: [],
}


def at(manifest: Any, where: Where) -> tuple[Any, Any]:
    """The object or list that a field lies in, and its name there."""
    *before, last = ("" if name == "*" else name.removesuffix("?") if isinstance(name, str) else name for name in where)
    for name in before:
        manifest = manifest[name if name != "" else next(iter(manifest))]
    if last != "":
        return manifest, last
    # of those that are not named, one of its own
    named = {"processor", "name", "system", "libc", "features"}
    return manifest, next((name for name in manifest if name not in named), "more")


@pytest.mark.parametrize("where", REQUIRED.values(), ids=REQUIRED)
def test_what_is_missing_is_told(record: Record, where: Where):
    def leave_out(manifest: dict[str, Any]) -> None:
        parent, name = at(manifest, where)
        del parent[name]

    rewritten(file_of(record), leave_out)
    refused(record, f"{where[-1]} is missing")


@pytest.mark.parametrize(("where", "shape"), FIELDS.values(), ids=FIELDS)
def test_what_is_of_another_kind_is_refused(record: Record, where: Where, shape: Any):
    text = file_of(record).read_bytes()
    kind = type(shape) if isinstance(shape, dict | list) else shape
    for wrong in WRONG[kind] if kind is not list else [None, 3, "x", {}]:
        manifest = json.loads(text)
        del manifest["digest"]
        parent, name = at(manifest, where)
        parent[name] = wrong
        with pytest.raises(ValueError, match=r".") as error:
            read_manifest(manifest_text(manifest).encode())
        assert type(error.value) in (ValueError, json.JSONDecodeError)


def rename(new: str) -> Change:
    """Let the payload have another name."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["payload"] = {new: manifest["payload"]["bin"]}

    return change


def update(*where: str | int, **values: Any) -> Change:
    def change(manifest: Any) -> None:
        for name in where:
            manifest = manifest[name]
        manifest.update(values)

    return change


OTHER = KeyParts("Fit", {"toys": "200"})
LIES: dict[str, tuple[Change, str]] = {
    "another place": (update("record", place=f"study/Fit/other-{PARTS.key()}"), "it is that of another record"),
    "another label": (update("record", label="x"), "it is that of another record"),
    "another key": (update("record", key=OTHER.key()), "are not those of its place"),
    "another study": (update("record", study="other"), "are not those of its place"),
    "another task": (update("record", family="Plot"), "are not those of its place"),
    "other parts": (update("parts", parameters={"toys": "200"}), "its key is not that of its parts"),
    "all of another key": (update(parts=OTHER.as_dict(), inputs=[]), "its key is not that of its parts"),
    "more parts": (update("parts", more={}), "its key is not that of its parts"),
    "code of another kind": (update("parts", code={"m:f": 3}), "parts code m:f is '3'"),
    "an input of another key": (update("inputs", 0, key="b" * 12), "the key of the input 'events'"),
    "an input from another place": (update("inputs", 0, place=f"x/Y/z-{'b' * 12}"), "the key of the input 'events'"),
    "an input of another role": (update("inputs", 0, role="scores"), "the key of the input 'scores'"),
    "more contents than inputs": (update("inputs", 0, labels=["x"]), "has not as many contents as records"),
    "an unknown format": (update(format=3), "it is of none of the formats 1, 2"),
    "a format that is no number": (update(format=True), "it is of none of the formats"),
    "a format in a list": (update(format=[2]), "it is of none of the formats"),
    "the old key": (update("adopted", "from", key=PARTS.key()), "is not that of the place"),
    "another old place": (update("adopted", "from", place=f"{NAME}-{PARTS.key()}"), "is not that of the place"),
    "other old parts": (
        update("adopted", "before", "parts", parameters={"toys": "51"}),
        "its key is not that of its parts",
    ),
    "other parts before those": (
        update("adopted", "before", "adopted", "before", "parts", code={"m:f": "bb"}),
        "its key is not that of its parts",
    ),
    "other inputs before": (update("adopted", "before", "inputs", 0, role="x"), "the key of the input 'x'"),
    **{
        f"payload {name[:30]!r}": (rename(name), "a payload file cannot be called ")
        for name in (
            *("/lab/me/thesis", "../../x/id_rsa", "..", ".", "", ".lock", ".workspace", "a/b", "/", "x\0", "x\ny"),
            *("manifest.json", "x.manifest.json", "\x1b[2Jbin", "bin\x7f", "\x9bbin", "\ud800", "\udcff", "x" * 256),
            *("ä" * 128, "x\u0085", "x\u202egpj", "x\u2028", "x\u200b"),
        )
    },
}


@pytest.mark.parametrize(("lie", "message"), LIES.values(), ids=LIES)
def test_a_lie_is_found(record: Record, lie: Change, message: str):
    rewritten(file_of(record), lie)
    refused(record, message)


def test_a_long_label_leaves_less_for_names(store: LocalStore):
    fitting = write_of(store, NAME, PARTS, "x" * 200, payload={"y" * 40: b"1"})
    fitting.verify()
    rewritten(file_of(fitting), lambda one: one.update(payload={"y" * 55: one["payload"]["y" * 40]}))
    with pytest.raises(RecordError, match="a payload file cannot be called 'yyyy"):
        fitting.verify()


def test_files_outside_the_store_are_left_alone(record: Record, tmp_path: Path):
    outside = tmp_path / "thesis"
    outside.write_bytes(b"years")
    for name in (str(outside), "../../../../thesis", f"../../../..{outside}"):
        payload = record.manifest()["payload"]
        manifest = rewritten(file_of(record), update(payload=payload | {name: payload["bin"]}))
        with pytest.raises(RecordError, match="a payload file cannot be called"):
            record.verify()
        del manifest["payload"][name]
        file_of(record).write_text(manifest_text(manifest))
    record.verify()
    assert outside.read_bytes() == b"years"


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000]


@pytest.mark.parametrize("number", NUMBERS, ids=[number[:10] for number in NUMBERS])
@pytest.mark.parametrize("where", [("made", "seconds"), ("parts", "configuration", "fit"), ("more",)], ids=str)
def test_what_is_no_number_is_refused(record: Record, where: tuple[str, ...], number: str):
    *before, last = where

    def mark(manifest: Any) -> None:
        for name in before:
            manifest = manifest[name]
        manifest[last] = 123456789

    rewritten(file_of(record), mark)
    text = file_of(record).read_text()
    assert text.count("123456789") == 1
    file_of(record).write_bytes(signed(text.replace("123456789", number)))
    refused(record)


@pytest.mark.parametrize("levels", [200, 900, 100_000])
@pytest.mark.parametrize("kind", ["[]", "{}"])
@pytest.mark.parametrize("where", [("parts", "configuration"), ("adopted", "before", "more"), ("more",)], ids=str)
def test_what_is_nested_too_deeply_is_refused(record: Record, where: tuple[str, ...], kind: str, levels: int):
    *before, last = where

    def mark(manifest: Any) -> None:
        for name in before:
            manifest = manifest[name]
        manifest[last] = {"deep": 123456789}

    rewritten(file_of(record), mark)
    begin, end = ("[", "]") if kind == "[]" else ('{"x":', "}")
    text = file_of(record).read_text().replace("123456789", begin * levels + "1" + end * levels)
    file_of(record).write_bytes(signed(text))
    refused(record, "it is nested too deeply")


def test_an_adoption_of_many_adoptions_is_read(store: LocalStore):
    chain: dict[str, Any] = {}
    for toys in range(80):
        parts = KeyParts("Fit", {"toys": str(toys)}, inputs={"events": USED})
        chain = {"adopted": adopted(parts, **chain)}
    record = write_of(store, NAME, PARTS, change=lambda one: one.update(chain))
    assert record.manifest()["adopted"] == chain["adopted"]


def test_what_is_too_large_is_refused_before_it_is_read(record: Record, monkeypatch: pytest.MonkeyPatch):
    size = file_of(record).stat().st_size
    for module in (manifests, records):
        monkeypatch.setattr(module, "MOST_BYTES", size)
    record.verify()
    for module in (manifests, records):
        monkeypatch.setattr(module, "MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match=f"it has {size} bytes, and {size - 1} is the most"):
        read_manifest(file_of(record).read_bytes())
    monkeypatch.setattr(LocalStore, "read", lambda *_: pytest.fail("it was read"))
    refused(record, f"it has {size} bytes, and {size - 1} is the most")


TEXTS = {
    "nothing": b"",
    "a number": b"3",
    "a list": b"[]",
    "no format": b"{}",
    "half of one": b'{\n "format": 2,',
    "zeros": b"\0" * 4096,
    "no UTF-8": b'{"format": 1, "record": "\xff"}',
    "only half a character": b'{"format": 1, "record": "\xc3',
    "deep": b"[" * 100_000,
    "deep objects": b'{"x":' * 100_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_no_manifest(record: Record, text: bytes):
    file_of(record).write_bytes(text)
    refused(record)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_another_encoding_is_another_text(record: Record, encoding: str):
    file_of(record).write_bytes(file_of(record).read_text().encode(encoding))
    refused(record)


def test_no_utf_8_under_a_right_digest(record: Record):
    text = file_of(record).read_bytes().rpartition(b',\n "digest": ')[0].replace(b'"a fit did', b'"\xff fit did')
    digest = hashlib.sha256(text).hexdigest().encode()
    file_of(record).write_bytes(text + b',\n "digest": "' + digest + b'"\n}\n')
    refused(record)


class TestMany:
    """One that lies beside good ones: whoever looks at all of a store goes on with the others."""

    @pytest.fixture(params=["other parts", "payload '../../x/id_rsa'", "deep", "of another record"])
    def lying(self, record: Record, request: pytest.FixtureRequest) -> Record:
        """Of three records of a place the second."""
        good = [write_of(record.store, NAME, PARTS, label) for label in ("a", "b", "c")]
        file = file_of(good[1])
        if request.param in LIES:
            rewritten(file, LIES[request.param][0])
        else:
            file.write_bytes(TEXTS["deep"] if request.param == "deep" else file_of(good[2]).read_bytes())
        return good[1]

    def test_verifying(self, lying: Record):
        problems = {one.label: verify(one) for one in records_of(lying.store, "study")}
        assert {label for label, problem in problems.items() if problem} == {"b"}
        assert "is not a manifest of this store: " in problems["b"]
        assert [verify(one) for one in records_of(lying.store, "study")] == ["", "", ""]

    def test_reading_all(self, lying: Record):
        assert {one.label for one, _ in read_all(lying.store, "study")} == {"", "a", "c"}

    def test_an_inventory(self, lying: Record):
        file_of(Record(lying.store, lying.place, "", ())).unlink()
        file_of(Record(lying.store, lying.place, "a", ())).unlink()
        places = find_places(locations([lying.store])[0])
        (manifest,) = read_manifests(places).values()
        assert manifest["record"]["label"] == "c"
        file_of(Record(lying.store, lying.place, "c", ())).unlink()
        assert read_manifests(places) == {}

    def test_what_was_there_before(self, lying: Record):
        for label in ("", "a"):
            file_of(Record(lying.store, lying.place, label, ())).unlink()
        found = earlier_record(lying.store, lying.place, "b")
        assert found is not None
        assert found.parts == PARTS
        assert [one.parts for one in stored_under(lying.store, NAME)] == [PARTS]


def test_both_sets_of_parts_of_an_adopted_record_are_checked(store: LocalStore):
    old, new = (KeyParts("Fit", code={"m:f": code}) for code in ("aa", "bb"))
    before = write_of(store, NAME, old)
    why = Adoption("0123", "only comments", (NAME,), time=TIME, source={"commit": None, "dirty": None})
    records = [Record(store, f"{NAME}-{new.key()}", label, ("bin",)) for label in ("", "x", "y")]
    manifest = before.manifest()
    assert adopt(before, records[0], why, parts=new, inputs=[])
    records[0].verify()
    for lie in (
        update("parts", code={"m:f": "aa"}),
        update("parts", code={"m:f": "cc"}),
        update("adopted", "before", "parts", code={"m:f": "bb"}),
        update("adopted", "before", parts={}),
    ):
        rewritten(file_of(records[0]), lie)
        with pytest.raises(RecordError, match="is not a manifest of this store: "):
            records[0].manifest()
        assert adopt(before, records[0], why, parts=new, inputs=[])
    # under its old parts and place, as if it had never been adopted
    adopted_text = file_of(records[0]).read_bytes()
    file_of(before).write_bytes(adopted_text)
    with pytest.raises(RecordError, match="it is that of another record"):
        before.manifest()
    assert content_digest(records[0].manifest()) == content_digest(manifest)


def test_content_is_that_of_all_files_that_last():
    def manifest(**files: Mapping[str, Any]) -> dict[str, Any]:
        return {"payload": files}

    one, other = {"size": 1, "sha256": "0" * 64}, {"size": 1, "sha256": "1" * 64}
    assert content_digest(manifest(a=one, b=other)) == content_digest(manifest(b=other, a=one))
    assert content_digest(manifest(a=one, b=other)) != content_digest(manifest(a=other, b=one))
    # of two makings at other times
    assert content_digest(manifest(a=one, b=one | {"varying": True})) == content_digest(
        manifest(a=one, b=other | {"varying": True})
    )
    assert content_digest(manifest(b=one | {"varying": True})) != content_digest(manifest(b=other | {"varying": True}))
