"""Which modules a fingerprint holds, and when its digests change."""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.provenance.fingerprint import digest, edited_modules, fingerprint, module_source
from analysis.provenance.keys import describe
from analysis.provenance.origin import distribution_of
from analysis.step import Step

Write = Callable[[Mapping[str, str | bytes]], None]

ZOO = {
    "zoo/__init__.py": '"""Animals."""\n',
    "zoo/lion.py": "import numpy as np\nfrom zoo import zebra\n\ndef hunt(n=3):\n    return np.exp(n) + zebra.SPEED\n",
    "zoo/zebra.py": "SPEED = 60.0\n",
    "zoo/bear.py": "WEIGHT = 500\n",
}


def test_holds_the_module_and_what_it_imports(write: Write):
    write(ZOO)
    found = fingerprint("zoo.lion")
    assert list(found) == ["zoo.lion", "zoo.zebra"]
    assert all(len(value) == 16 for value in found.values())


def test_a_number_in_an_imported_module_changes_its_digest_alone(write: Write):
    write(ZOO)
    before = fingerprint("zoo.lion")
    write({"zoo/zebra.py": "SPEED = 61.0\n"})
    after = fingerprint("zoo.lion")
    assert after["zoo.zebra"] != before["zoo.zebra"]
    assert after["zoo.lion"] == before["zoo.lion"]
    write({"zoo/zebra.py": '"""Fast."""\n\nSPEED: float = (60.0)  # km/h\n'})
    assert fingerprint("zoo.lion") == before


def test_what_nobody_imports_does_not_count(write: Write):
    write(ZOO)
    before = fingerprint("zoo.lion")
    write({"zoo/bear.py": "WEIGHT = 501\n"})
    assert fingerprint("zoo.lion") == before


def test_an_edit_after_the_fingerprint_is_noticed(write: Write, tmp_path: Path):
    write(ZOO)
    names = list(fingerprint("zoo.lion"))
    assert edited_modules(names) == []
    zebra = module_source("zoo.zebra")
    assert zebra is not None
    zebra.path.write_text("SPEED = 60.0  # km/h\n")
    assert edited_modules(names) == []
    zebra.path.write_text("SPEED = 6100.0\n")
    assert edited_modules(names) == ["zoo.zebra"]
    zebra.path.unlink()
    assert edited_modules(names) == ["zoo.zebra"]


IMPORTS = {
    "absolute": ("import zoo.deep.fish\n", {"zoo.deep.fish"}),
    "absolute, renamed": ("import zoo.deep.fish as f\n", {"zoo.deep.fish"}),
    "module from a package": ("from zoo.deep import fish\n", {"zoo.deep.fish"}),
    "name from a module": ("from zoo.deep.fish import swim\n", {"zoo.deep.fish"}),
    "everything from a module": ("from zoo.deep.fish import *\n", {"zoo.deep.fish"}),
    "name from a package": ("from zoo.deep import DEPTH\n", set()),
    "relative module": ("from .deep import fish\n", {"zoo.deep.fish"}),
    "relative name": ("from .deep.fish import swim\n", {"zoo.deep.fish"}),
    "relative to the package": ("from . import bear\n", {"zoo.bear"}),
    "in a function": ("def f():\n    from zoo import bear\n    return bear\n", {"zoo.bear"}),
    "in a method of a class": ("class A:\n    def f(self):\n        import zoo.bear\n", {"zoo.bear"}),
    "in a try": ("try:\n    import zoo.bear\nexcept ImportError:\n    pass\n", {"zoo.bear"}),
    "several at once": ("from zoo import bear, zebra\n", {"zoo.bear", "zoo.zebra"}),
    "the project's": ("from analysis import errors\n", {"analysis.errors"}),
    "of others": ("import numpy, law, json\n", set()),
    "for type checkers": ("import typing\nif typing.TYPE_CHECKING:\n    import zoo.bear\n", set()),
    "for annotations": ("from zoo.bear import Bear\ndef f(b: Bear): ...\n", set()),
    "commented out": ("# import zoo.bear\n'import zoo.bear'\n", set()),
}


@pytest.mark.parametrize(("code", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_imports_are_followed(write: Write, code: str, expected: set[str]):
    write(ZOO | {"zoo/deep/__init__.py": "DEPTH = 3\n", "zoo/deep/fish.py": "def swim(): ...\n", "zoo/cat.py": code})
    expected = expected | ({"zoo.deep"} if "deep" in code else set())
    assert set(fingerprint("zoo.cat")) - {"zoo.cat"} == expected


def test_packages_that_do_something_count(write: Write):
    write(ZOO | {"zoo/__init__.py": "from zoo import bear\n"})
    assert set(fingerprint("zoo.zebra")) == {"zoo", "zoo.bear", "zoo.zebra"}


def test_relative_imports_of_a_package(write: Write):
    write(ZOO | {"zoo/__init__.py": "from .zebra import SPEED\nfrom . import bear\n"})
    assert set(fingerprint("zoo")) == {"zoo", "zoo.bear", "zoo.zebra"}


def test_cycles_of_imports_end(write: Write):
    write(ZOO | {"zoo/zebra.py": "def flee():\n    from zoo import lion\n    return lion\nSPEED = 60.0\n"})
    assert set(fingerprint("zoo.lion")) == set(fingerprint("zoo.zebra")) == {"zoo.lion", "zoo.zebra"}


def test_names_that_a_module_passes_on(write: Write):
    """Herd needs Zebra for an annotation only, yet others get Zebra from there."""
    files = {
        "zoo/__init__.py": "",
        "zoo/zebra.py": "class Zebra:\n    speed = 60.0\n",
        "zoo/herd.py": "from zoo.zebra import Zebra\n\ndef count(herd: list[Zebra]):\n    return len(herd)\n",
        "zoo/by_name.py": "from zoo.herd import Zebra, count\nprint(count([Zebra()]))\n",
        "zoo/by_attribute.py": "from zoo import herd\nprint(herd.count([herd.Zebra()]))\n",
        "zoo/by_star.py": "from zoo.herd import *\nprint(count([Zebra()]))\n",
        "zoo/only_count.py": "from zoo.herd import count\nprint(count([]))\n",
        "zoo/at_second_hand.py": "from zoo.middle import Zebra\nprint(Zebra())\n",
        "zoo/middle.py": "from zoo.herd import Zebra\ndef f(z: Zebra): ...\n",
    }
    write(files)
    for module in ("by_name", "by_attribute", "by_star", "at_second_hand"):
        assert "zoo.zebra" in fingerprint(f"zoo.{module}"), module
    for module in ("only_count", "herd"):
        assert "zoo.zebra" not in fingerprint(f"zoo.{module}"), module


def test_circles_of_passed_on_names_end(write: Write):
    files = {
        "zoo/__init__.py": "",
        "zoo/a.py": "from zoo.b import X\ndef f(x: X): ...\n",
        "zoo/b.py": "from zoo.a import X\ndef f(x: X): ...\n",
        "zoo/c.py": "from zoo.a import X\nprint(X)\n",
    }
    write(files)
    assert set(fingerprint("zoo.c")) == {"zoo.a", "zoo.b", "zoo.c"}


def test_a_second_package_counts(write: Write):
    """A helper beside the study's own package: what it changes is not served from the store."""
    write(ZOO | {"farm/__init__.py": "", "farm/cow.py": "import zoo.zebra\nMILK = 20 * zoo.zebra.SPEED\n"})
    before = fingerprint("farm.cow")
    assert set(before) == {"farm.cow", "zoo.zebra"}
    write({"zoo/zebra.py": "SPEED = 61.0\n"})
    after = fingerprint("farm.cow")
    assert (after["zoo.zebra"] != before["zoo.zebra"], after["farm.cow"]) == (True, before["farm.cow"])


def test_a_step_of_another_package_has_another_key(write: Write):
    write({"study_of_z.py": "import helper_of_z\ndef count(x): return helper_of_z.scale * x\n"})
    write({"helper_of_z.py": "scale = 1.0\n"})
    before = describe(Step("study_of_z:count"))
    write({"helper_of_z.py": "scale = 1.1\n"})
    assert describe(Step("study_of_z:count")) != before


INSTALLED = {
    "site-packages/barn/__init__.py": "",
    "site-packages/barn/owl.py": "import zoo.zebra\nfrom barn_owls import HOOT\n",
    "site-packages/barn_owls.py": "HOOT = 1\n",
    "site-packages/Barn_For_Owls-1.0.dist-info/RECORD": "barn/__init__.py,,\nbarn/owl.py,,\nbarn_owls.py,,\n",
    "site-packages/Barn_For_Owls-1.0.dist-info/METADATA": "Name: Barn-For-Owls\nVersion: 1.0\n",
    "site-packages/stray.py": "LOST = 1\n",
    "farm/cow.py": "import barn.owl, barn_owls, stray, zoo.zebra, json, numpy, yaml\n",
}


def test_installed_distributions_are_not_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    write(ZOO | INSTALLED)
    # a file that somebody put beside the packages belongs to none of them
    assert set(fingerprint("farm.cow")) == {"farm.cow", "stray", "zoo.zebra"}
    # a study that is installed itself
    assert set(fingerprint("barn.owl")) == {"barn.owl", "barn_owls", "zoo.zebra"}
    assert (distribution_of("barn_owls"), distribution_of("zoo")) == ("barn-for-owls", "")


def test_an_editable_installation_is_followed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path / "code" / "site-packages")
    # what "pip install -e" leaves: metadata there, code here
    info = "site-packages/zoo-1.0.dist-info"
    url = '{"dir_info": {"editable": true}, "url": "file:///somewhere"}'
    write(ZOO | {f"{info}/RECORD": "__editable__.zoo-1.0.pth,,\n", f"{info}/direct_url.json": url})
    write({"farm/cow.py": "import zoo.zebra\n", "zoo.egg-info/top_level.txt": "zoo\n"})
    assert set(fingerprint("farm.cow")) == {"farm.cow", "zoo.zebra"}


def test_a_compiled_module_counts_as_it_is(write: Write):
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    write(ZOO | {f"zoo/fast{suffix}": b"\x7fELF 1", "zoo/cat.py": "from zoo import fast\n"})
    before = fingerprint("zoo.cat")
    assert set(before) == {"zoo.cat", "zoo.fast"}
    write({f"zoo/fast{suffix}": b"\x7fELF 2"})
    assert fingerprint("zoo.cat")["zoo.fast"] != before["zoo.fast"]


def test_nothing_is_imported(write: Write):
    write(ZOO | {"zoo/__init__.py": "raise RuntimeError('imported')\n", "single.py": "import zoo.lion\n1 / 0\n"})
    assert "zoo" in fingerprint("zoo.lion")
    assert "single" in fingerprint("single")
    assert not {"zoo", "zoo.lion", "single"} & set(sys.modules)


def test_packages_without_init(write: Write):
    write({"open_air/cat.py": "from open_air import dog\nimport open_air.dog\n", "open_air/dog.py": "BARK = 1\n"})
    assert set(fingerprint("open_air.cat")) == {"open_air.cat", "open_air.dog"}


def test_a_study_in_a_single_file(write: Write):
    write({"alone.py": "from analysis.errors import StudyError\nraise StudyError('x')\n"})
    assert set(fingerprint("alone")) == {"alone", "analysis.errors"}
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
    assert set(fingerprint("doubtful")) == {"doubtful"}


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
    found = fingerprint("analysis.studies.htautau.reconstruction")
    assert {"analysis.studies.htautau.reconstruction", "analysis.errors"} <= found.keys()
    assert not any(name.startswith("tasks") for name in found)


def test_digest_is_that_of_the_text():
    assert digest("") == "e3b0c44298fc1c14"  # SHA-256 of nothing
    assert digest("a") != digest("b")
