"""Which files a study from outside consists of, and what it needs beyond the lock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis import registry
from analysis.errors import BatchError
from analysis.provenance import distributions, modules, origin
from analysis.registry import Places
from tasks.batch import code_bundle, study_code
from tasks.framework import settings
from tests.tasks.outside_study import write_study


def forget() -> None:
    found = (origin.is_first_party, origin.package_folders, origin.places_of, modules.module_source, registry._find)
    installed = (origin.unlocked_distribution, distributions.distribution_in, distributions._distributions)
    for function in (*found, *installed, distributions._listed):
        function.cache_clear()


@pytest.fixture
def studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the study, as the configuration names it."""
    folder = write_study(tmp_path / "studies")
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    for module in (settings, code_bundle):
        monkeypatch.setattr(module, "studies_from_outside", lambda: Places(folders=(folder,)))
    forget()
    yield folder
    forget()
    for name in set(sys.modules) - before:
        if name.startswith("dice"):
            del sys.modules[name]


def test_everything_that_it_imports_and_nobody_has_installed(studies: Path):
    (studies / "dice" / "notes.egg-info").mkdir()
    (studies / "dice" / "notes.egg-info" / "PKG-INFO").touch()
    (studies / "other").mkdir()
    (studies / "other" / "unused.py").touch()
    (studies / "dice" / "broken.py").write_text("this is no Python\n")
    (studies / "single.py").write_text("import numpy, json, analysis.errors\n")
    (studies / "dicetools" / "rolls.py").write_text("def f():\n    import single, not_there\nSIDES = 6\n")
    found = study_code.study_code("dice", {"dice.study", "analysis.results"})
    assert found.files == {
        name: studies / name
        for name in (
            *("dice/broken.py", "dice/physics.py", "dice/study.py", "dice/table.json"),
            *("dicetools/__init__.py", "dicetools/rolls.py", "dicetools/words.py", "single.py"),
        )
    }
    assert found.unlocked == ()


def test_packages_beyond_the_lock_are_told(studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    site = tmp_path / "site-packages"
    (site / "their_tools").mkdir(parents=True)
    (site / "their_tools" / "__init__.py").touch()
    info = site / "Tools_Of_Theirs-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("their_tools/__init__.py,,\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Tools.Of-Theirs\nVersion: 1.0\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    (studies / "dicetools" / "rolls.py").write_text("import their_tools, yaml\nSIDES = 6\n")
    found = study_code.study_code("dice", {"dice.study"})
    assert found.unlocked == ("Tools.Of-Theirs",)
    assert not any(name.startswith("their_tools") for name in found.files)


def test_events_in_a_package_do_not_travel(studies: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(study_code, "LIMIT", 10_000)
    (studies / "dice" / "events.root").write_bytes(bytes(20_000))
    with pytest.raises(
        BatchError, match=r"have 0 MB, .* the largest file is .*/dice/events\.root\n  cure: keep events"
    ):
        study_code.study_code("dice", {"dice.study"})


def test_what_travels_finds_the_study(studies: Path, repository: Path):
    files = code_bundle.source_files(repository, ("studies",), "dice", {"dicetools.rolls"})
    assert files["law_user.cfg"] == b"[studies]\ndefault: airshower\npath: more"
    assert files["more/dice/table.json"] == b'{"scale": 2.0}\n'
    # what a step declares and lies in none of the packages
    assert [content for name, content in files.items() if name.endswith("/offset.txt")] == [b"1.0\n"]
    assert "extras.txt" not in files
    assert {name for name in files if name.endswith(".lock")} == set(code_bundle.LOCKS)
    # of one of the project's own, nothing else
    files = code_bundle.source_files(repository, ("studies",), "airshower")
    assert not any(name.startswith("more/") for name in files)


def test_a_study_brings_the_lock_of_its_extra(studies: Path, repository: Path):
    file = studies / "dice" / "study.py"
    file.write_text(file.read_text().replace("citation=", 'extra="arrivals",\n    citation='))
    files = code_bundle.source_files(repository, ("studies",), "dice")
    assert files["extras.txt"] == b"arrivals\n"
    assert "requirements-arrivals.lock" in files
