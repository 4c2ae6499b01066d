"""Which modules a fingerprint holds, and when its digests change."""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.provenance.fingerprint import digest, edited_modules, fingerprint, imported_modules, sources
from analysis.provenance.keys import describe
from analysis.provenance.modules import module_source
from analysis.provenance.origin import distribution_of
from analysis.step import Step

Write = Callable[[Mapping[str, str | bytes]], None]

ZOO = {
    "zoo/__init__.py": '"""Animals."""\n',
    "zoo/lion.py": "import numpy as np\nfrom zoo import zebra\n\ndef hunt(n=3):\n    return np.exp(n) + zebra.SPEED\n",
    "zoo/zebra.py": "SPEED = 60.0\n",
    "zoo/bear.py": "WEIGHT = 500\n",
}


def test_holds_the_definitions_that_a_function_reaches(write: Write):
    write(ZOO)
    found = fingerprint("zoo.lion:hunt")
    assert list(found) == ["zoo.lion:hunt", "zoo.zebra:SPEED"]
    assert all(len(value) == 16 for value in found.values())
    assert fingerprint("zoo.lion") == found


def test_a_number_in_an_imported_module_changes_its_digest_alone(write: Write):
    write(ZOO)
    before = fingerprint("zoo.lion:hunt")
    write({"zoo/zebra.py": "SPEED = 61.0\n"})
    after = fingerprint("zoo.lion:hunt")
    assert after["zoo.zebra:SPEED"] != before["zoo.zebra:SPEED"]
    assert after["zoo.lion:hunt"] == before["zoo.lion:hunt"]
    write({"zoo/zebra.py": '"""Fast."""\n\nSPEED: float = (60.0)  # km/h\nSLOW = 3.0\n'})
    assert fingerprint("zoo.lion:hunt") == before


def test_what_nobody_imports_does_not_count(write: Write):
    write(ZOO)
    before = fingerprint("zoo.lion:hunt")
    write({"zoo/bear.py": "WEIGHT = 501\n"})
    assert fingerprint("zoo.lion:hunt") == before


def test_modules_that_are_imported(write: Write):
    write(
        ZOO | {"zoo/lion.py": "import numpy\nfrom zoo import bear\ndef f():\n    from zoo import zebra\ndef g(): ...\n"}
    )
    assert imported_modules("zoo.lion:f") == {"zoo", "zoo.lion", "zoo.bear", "zoo.zebra"}
    assert imported_modules("zoo.lion:g") == {"zoo", "zoo.lion", "zoo.bear"}


def test_an_edit_after_the_fingerprint_is_noticed(write: Write, tmp_path: Path):
    write(ZOO)
    labels = list(fingerprint("zoo.lion:hunt"))
    assert edited_modules(labels) == []
    zebra = tmp_path / "code" / "zoo" / "zebra.py"
    for same in ("SPEED = 60.0  # km/h\n", "SPEED = 60.0\nSTRIPES = 1\n"):
        zebra.write_text(same)
        assert edited_modules(labels) == []
    for other in ("SPEED = 6100.0\n", "SPEED = 60.0\nprint(SPEED)\n", "SPEED = \n", "STRIPES = 1\n"):
        zebra.write_text(other)
        assert edited_modules(labels) == ["zoo.zebra"], other
    zebra.unlink()
    assert edited_modules(labels) == ["zoo.zebra"]


def test_modules_that_run_already_cannot_change(write: Write, tmp_path: Path):
    write(ZOO)
    labels = list(fingerprint("zoo.lion:hunt"))
    importlib.import_module("zoo.zebra")
    (tmp_path / "code" / "zoo" / "zebra.py").write_text("SPEED = 6100.0\n")
    assert edited_modules(labels) == []
    assert edited_modules(labels, imported=True) == ["zoo.zebra"]


def test_sources_are_as_they_were_read(write: Write, tmp_path: Path):
    text = "import functools\n\n# why\n@functools.cache\ndef f(x):\n    return x  # itself\n\nA = 1\nA += 1\n"
    write({"texts.py": text + "class C:\n    def m(self):\n        return 1\n"})
    labels = ("texts:f", "texts:A", "texts:C.m", "texts:none", "texts:(import)", "distribution numpy", "nowhere:f")
    assert fingerprint("texts:f")
    (tmp_path / "code" / "texts.py").write_text("")
    assert sources(labels) == {
        "texts:f": "@functools.cache\ndef f(x):\n    return x  # itself",
        "texts:A": "A = 1\nA += 1",
        "texts:C.m": "    def m(self):\n        return 1",
    }


# what a module does, and which definitions it then reaches in others, where all of it counts
FISH, BEAR, ZEBRA = "zoo.deep.fish:swim", "zoo.bear:WEIGHT", "zoo.zebra:SPEED"
IMPORTS: dict[str, tuple[str, set[str]]] = {
    "absolute": ("import zoo.deep.fish\ndef f(): zoo.deep.fish.swim()\n", {FISH}),
    "absolute, renamed": ("import zoo.deep.fish as f\nX = f.swim()\n", {FISH}),
    "module from a package": ("from zoo.deep import fish\nX = fish.swim\n", {FISH}),
    "name from a module": ("from zoo.deep.fish import swim\n", {FISH}),
    "everything from a module": ("from zoo.deep.fish import *\n", {FISH, "zoo.deep.fish:dive"}),
    "name from a package": ("from zoo.deep import DEPTH\n", {"zoo.deep:DEPTH"}),
    "relative module": ("from .deep import fish\nX = fish.swim\n", {FISH}),
    "relative name": ("from .deep.fish import swim\n", {FISH}),
    "relative to the package": ("from . import bear\nX = bear.WEIGHT\n", {BEAR}),
    "in a function": ("def f():\n    from zoo import bear\n    return bear.WEIGHT\n", {BEAR}),
    "in a method": ("class A:\n    def f(self):\n        import zoo.bear\n        zoo.bear.WEIGHT", {BEAR}),
    "in a class": ("class A:\n    import zoo.bear\n    x = zoo.bear.WEIGHT\n", {BEAR}),
    "in a try": ("try:\n    from zoo.bear import WEIGHT\nexcept ImportError:\n    pass\n", {BEAR}),
    "in a condition": (
        "if 1:\n    from zoo.bear import WEIGHT as X\nelse:\n    from zoo.zebra import SPEED as X\n",
        {BEAR, ZEBRA},
    ),
    "not there, in a try": ("try:\n    import zoo.bat\nexcept ImportError:\n    zoo = None\n", set()),
    "several at once": ("from zoo import bear, zebra\nX = bear.WEIGHT, zebra.SPEED\n", {BEAR, ZEBRA}),
    "imported and not used": ("import zoo.bear\nfrom zoo import zebra\n", set()),
    "the project's": ("from analysis import registry\nX = registry.NO_OTHERS\n", {"analysis.registry:NO_OTHERS"}),
    "of others": ("import numpy, law, json\nX = numpy.pi\n", set()),
    "for type checkers": ("import typing\nif typing.TYPE_CHECKING:\n    from zoo.bear import WEIGHT\n", set()),
    "commented out": ("# import zoo.bear\n'import zoo.bear'\n", set()),
}


@pytest.mark.parametrize(("code", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_imports_are_followed(write: Write, request: pytest.FixtureRequest, code: str, expected: set[str]):
    fish = "def swim(): ...\ndef dive(): ...\n"
    write(ZOO | {"zoo/deep/__init__.py": "DEPTH = 3\n", "zoo/deep/fish.py": fish, "zoo/cat.py": code})
    found = {label for label in fingerprint("zoo.cat") if not label.startswith("zoo.cat:")}
    # of the project, no list of all that it reaches
    assert found == expected or (found > expected and "project" in request.node.callspec.id)


def test_names_that_are_imported_for_annotations_only_are_passed_on(write: Write):
    """Herd needs Zebra for an annotation only, yet others get Zebra from there."""
    files = {
        "zoo/__init__.py": "",
        "zoo/zebra.py": "class Zebra:\n    speed = 60.0\n",
        "zoo/herd.py": "from zoo.zebra import Zebra\n\ndef count(herd: list[Zebra]):\n    return len(herd)\n",
        "zoo/by_name.py": "from zoo.herd import Zebra, count\ndef f(): count([Zebra()])\n",
        "zoo/by_attribute.py": "from zoo import herd\ndef f(): herd.count([herd.Zebra()])\n",
        "zoo/by_star.py": "from zoo.herd import *\ndef f(): count([Zebra()])\n",
        "zoo/only_count.py": "from zoo.herd import count\ndef f(): count([])\n",
        "zoo/at_second_hand.py": "from zoo.middle import Zebra\ndef f(): Zebra()\n",
        "zoo/middle.py": "from zoo.herd import Zebra\ndef f(z: Zebra): ...\n",
    }
    write(files)
    for module in ("by_name", "by_attribute", "by_star", "at_second_hand"):
        assert "zoo.zebra:Zebra" in fingerprint(f"zoo.{module}:f"), module
    for function in ("only_count:f", "herd:count", "middle:f"):
        assert "zoo.zebra:Zebra" not in fingerprint(f"zoo.{function}"), function


def test_circles_end(write: Write):
    files = {
        "zoo/__init__.py": "",
        "zoo/a.py": "from zoo.b import X\ndef f(x: X): ...\n",
        "zoo/b.py": "from zoo.a import X\ndef f(x: X): ...\n",
        "zoo/c.py": "from zoo.a import X\nprint(X)\n",
        "zoo/d.py": "from zoo import e\ndef f(): return e.f()\n",
        "zoo/e.py": "from zoo import d\ndef f(): return d.f()\n",
        "zoo/stars.py": "from zoo.stars import *\ndef f(): return missing\n",
    }
    write(files)
    assert {"zoo.a:X", "zoo.b:X", "zoo.c:(import)"} <= set(fingerprint("zoo.c"))
    assert set(fingerprint("zoo.d:f")) == set(fingerprint("zoo.e:f")) == {"zoo.d:f", "zoo.e:f"}
    assert set(fingerprint("zoo.stars:f")) == {"zoo.stars:f"}


def test_a_second_package_counts(write: Write):
    """A helper beside the study's own package: what it changes is not served from the store."""
    write(ZOO | {"farm/__init__.py": "", "farm/cow.py": "import zoo.zebra\nMILK = 20 * zoo.zebra.SPEED\n"})
    before = fingerprint("farm.cow:MILK")
    assert set(before) == {"farm.cow:MILK", "zoo.zebra:SPEED"}
    write({"zoo/zebra.py": "SPEED = 61.0\n"})
    after = fingerprint("farm.cow:MILK")
    assert after["zoo.zebra:SPEED"] != before["zoo.zebra:SPEED"]
    assert after["farm.cow:MILK"] == before["farm.cow:MILK"]


def test_a_step_of_another_package_has_another_key(write: Write):
    write({"study_of_z.py": "import helper_of_z\ndef count(x): return helper_of_z.scale * x\n"})
    write({"helper_of_z.py": "scale = 1.0\n"})
    before = describe(Step("study_of_z:count"))
    write({"helper_of_z.py": "scale = 1.1\n"})
    assert describe(Step("study_of_z:count")) != before


INSTALLED = {
    "site-packages/barn/__init__.py": "",
    "site-packages/barn/owl.py": "import zoo.zebra as z\nfrom barn_owls import HOOT\ndef fly(): return HOOT, z.SPEED\n",
    "site-packages/barn_owls.py": "HOOT = 1\n",
    "site-packages/Barn_For_Owls-1.0.dist-info/RECORD": "barn/__init__.py,,\nbarn/owl.py,,\nbarn_owls.py,,\n",
    "site-packages/Barn_For_Owls-1.0.dist-info/METADATA": "Name: Barn-For-Owls\nVersion: 1.0\n",
    "site-packages/stray.py": "LOST = 1\n",
    "farm/cow.py": "import barn.owl, barn_owls, stray, zoo.zebra, json, numpy, yaml\n"
    "def milk(): return barn_owls.HOOT, stray.LOST, zoo.zebra.SPEED, json, numpy, yaml, barn\n",
}


def test_installed_distributions_are_not_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    write(ZOO | INSTALLED)
    # a file that somebody put beside the packages belongs to none of them
    found = fingerprint("farm.cow:milk")
    assert set(found) == {"farm.cow:milk", "stray:LOST", "zoo.zebra:SPEED", "distribution barn-for-owls"}
    # a study that is installed itself
    assert set(fingerprint("barn.owl:fly")) == {"barn.owl:fly", "barn_owls:HOOT", "zoo.zebra:SPEED"}
    assert (distribution_of("barn_owls"), distribution_of("zoo")) == ("barn-for-owls", "")


def test_an_unlocked_distribution_counts_by_its_content(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    write(ZOO | INSTALLED)
    owl = tmp_path / "code" / "site-packages" / "barn_owls.py"
    record = tmp_path / "code" / "site-packages" / "Barn_For_Owls-1.0.dist-info" / "RECORD"

    def install(text: str) -> dict[str, str]:
        owl.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        write({str(record): f"barn/__init__.py,,\nbarn/owl.py,,\nbarn_owls.py,sha256={digest},{len(text)}\n"})
        return fingerprint("farm.cow:milk")

    def edit(text: str) -> dict[str, str]:
        owl.write_text(text)
        write({})
        return fingerprint("farm.cow:milk")

    first, second = install("HOOT = 1\n"), install("HOOT = 2\n")
    assert {label for label in first if first[label] != second[label]} == {"distribution barn-for-owls"}
    # in place, and of the same size
    third = edit("HOOT = 3\n")
    assert {label for label in first if third[label] != second[label]} == {"distribution barn-for-owls"}
    assert edit("HOOT = 2\n") == second
    owl.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "barn_owls.py").write_text("HOOT = 4\n")
    write({})
    assert "barn_owls:HOOT" in fingerprint("farm.cow:milk")


def test_what_cannot_tell_its_content_is_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    info = "site-packages/Barn_For_Owls-1.0.dist-info"
    write(ZOO | {name: text for name, text in INSTALLED.items() if not name.startswith(info)})
    write({f"{info}/top_level.txt": "barn\nbarn_owls\n", f"{info}/METADATA": "Name: Barn-For-Owls\nVersion: 1.0\n"})
    assert "barn_owls:HOOT" in fingerprint("farm.cow:milk")


def test_an_editable_installation_is_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    # what "pip install -e" leaves: metadata there, code here
    info = "site-packages/zoo-1.0.dist-info"
    url = '{"dir_info": {"editable": true}, "url": "file:///somewhere"}'
    write(ZOO | {f"{info}/RECORD": "__editable__.zoo-1.0.pth,,\n", f"{info}/direct_url.json": url})
    write({"farm/cow.py": "import zoo.zebra\nMILK = zoo.zebra.SPEED\n", "zoo.egg-info/top_level.txt": "zoo\n"})
    assert set(fingerprint("farm.cow:MILK")) == {"farm.cow:MILK", "zoo.zebra:SPEED"}


def test_an_editable_installation_by_a_hook_is_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    elsewhere = tmp_path / "elsewhere" / "src" / "helper_of_cows"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").write_text("")
    (elsewhere / "feed.py").write_text("HAY = 1\n")

    class Hook:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> object:
            if name != "helper_of_cows":
                return None
            return importlib.util.spec_from_file_location(name, elsewhere / "__init__.py")

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Hook])
    write({"farm/cow.py": "from helper_of_cows import feed\ndef milk(): return feed.HAY\n"})
    assert set(fingerprint("farm.cow:milk")) == {"farm.cow:milk", "helper_of_cows.feed:HAY"}


def test_metadata_of_another_one_beside_the_code(write: Write):
    """A folder of one's own, into which something was installed, or that holds a wheel's metadata."""
    info = "cattle-1.0.dist-info"
    write(ZOO | {f"{info}/RECORD": "cattle/__init__.py,,\n", f"{info}/METADATA": "Name: cattle\nVersion: 1.0\n"})
    write({"cattle/__init__.py": "BREED = 1\n"})
    write({"farm/cow.py": "import zoo.zebra, cattle\ndef milk(): return zoo.zebra.SPEED, cattle.BREED\n"})
    before = fingerprint("farm.cow:milk")
    assert set(before) == {"farm.cow:milk", "zoo.zebra:SPEED", "distribution cattle"}


def test_a_namespace_of_several_folders(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "other")
    write(
        {
            "valley/cow.py": "from valley import sheep\nimport valley.goat\n"
            "def f(): return sheep.WOOL, valley.goat.HORNS\n"
        }
    )
    write({"other/valley/sheep.py": "WOOL = 1\n", "other/valley/goat.py": "HORNS = 2\n"})
    assert set(fingerprint("valley.cow:f")) == {"valley.cow:f", "valley.sheep:WOOL", "valley.goat:HORNS"}


def test_a_compiled_module_counts_as_it_is(write: Write):
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    write(ZOO | {f"zoo/fast{suffix}": b"\x7fELF 1", "zoo/cat.py": "from zoo import fast\ndef f(): fast.run()\n"})
    write({f"rapid{suffix}": b"\x7fELF 1", "zoo/dog.py": "import rapid\nfrom zoo.fast import run\nX = rapid.A\n"})
    before = fingerprint("zoo.cat:f")
    assert set(before) == {"zoo.cat:f", "zoo.fast"}
    assert set(fingerprint("zoo.dog:X")) == {"zoo.dog:X", "zoo.fast", "rapid"}
    write({f"zoo/fast{suffix}": b"\x7fELF 2"})
    assert fingerprint("zoo.cat:f")["zoo.fast"] != before["zoo.fast"]


def test_nothing_is_imported(write: Write):
    write(ZOO | {"zoo/__init__.py": "raise RuntimeError('imported')\n", "single.py": "import zoo.lion\n1 / 0\n"})
    assert "zoo:(import)" in fingerprint("zoo.lion:hunt")
    assert fingerprint("single")
    assert not {"zoo", "zoo.lion", "single"} & set(sys.modules)


def test_packages_without_init(write: Write):
    write({"open_air/cat.py": "from open_air import dog\nimport open_air.dog\nX = open_air.dog.BARK, dog.BARK\n"})
    write({"open_air/dog.py": "BARK = 1\n"})
    assert set(fingerprint("open_air.cat:X")) == {"open_air.cat:X", "open_air.dog:BARK"}


def test_a_study_in_a_single_file(write: Write):
    write({"alone.py": "from analysis.errors import StudyError\ndef f(): raise StudyError('x')\n"})
    assert {"alone:f", "analysis.errors:StudyError"} <= set(fingerprint("alone:f"))
    assert module_source("alone.inner") is None


def test_a_package_beats_a_module_of_its_name(write: Write):
    write(ZOO | {"zoo/bear/__init__.py": "WEIGHT = 300\n"})
    source = module_source("zoo.bear")
    assert source is not None
    assert source.is_package


def test_the_encoding_of_a_file_is_obeyed(write: Write):
    write({"latin.py": "# -*- coding: latin-1 -*-\nUNIT = 'µm'\n".encode("latin-1")})
    before = fingerprint("latin")
    write({"latin.py": "UNIT = 'µm'\n"})
    assert fingerprint("latin") == before


def test_doubtful_syntax_is_no_matter_here(write: Write):
    write({"doubtful.py": 'PATTERN = "\\d"\nsame = PATTERN is "x"\n'})
    assert set(fingerprint("doubtful")) == {"doubtful:PATTERN", "doubtful:same"}


def test_unknown_module(write: Write):
    write(ZOO)
    with pytest.raises(StudyError, match=r"'zoo\.tiger' does not exist(.|\n)*cure: correct its name"):
        fingerprint("zoo.tiger")
    with pytest.raises(StudyError, match="'nowhere_at_all' does not exist"):
        fingerprint("nowhere_at_all")
    assert module_source("__main__.x") is None


@pytest.mark.parametrize("code", ["import zoo.tiger", "from zoo.tiger import roar", "from .tiger import roar"])
def test_import_of_an_unknown_module(write: Write, tmp_path: Path, code: str):
    write(ZOO | {"zoo/cat.py": code})
    with pytest.raises(StudyError, match=r"zoo/cat\.py imports 'zoo\.tiger', which does not exist"):
        fingerprint("zoo.cat")


def test_a_module_that_is_no_python(write: Write):
    write(ZOO | {"zoo/zebra.py": "SPEED = 60.0\ndef :\n"})
    with pytest.raises(StudyError, match=r"zoo/zebra\.py:2 is not valid Python"):
        fingerprint("zoo.lion")
    write(ZOO | {"zoo/zebra.py": b"SPEED = '\xff'\n"})
    with pytest.raises(StudyError, match=r"zoo/zebra\.py"):
        fingerprint("zoo.lion")


def test_own_code_has_fingerprints_without_heavy_imports():
    found = fingerprint("analysis.studies.htautau.reconstruction:reconstruct")
    assert {"analysis.studies.htautau.reconstruction:reconstruct", "analysis.events.columns:values"} <= found.keys()
    assert not any(name.startswith("tasks") for name in found)


def test_digest_is_that_of_the_text():
    assert digest("") == "e3b0c44298fc1c14"  # SHA-256 of nothing
    assert digest("a") != digest("b")
