"""What follows from a record that was made anew with other content, was damaged or is gone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.chain import PARTS, write_chain
from tests.tasks.conftest import copied, copy_publishable, made_once
from tests.tasks.project import Project, made, new_project

pytestmark = pytest.mark.long

LAST = ("run", "chain.Last")


@pytest.fixture(scope="session")
def chains(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after a chain of three tasks; the first one writes what an environment variable says."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "htautau", None)
        write_chain(project.folder)
        project.replace("chain.py", '{self.own_label} "', "{self.own_label} {os.environ.get('FLAVOUR')} \"")
        project.replace("chain.py", "import time", "import os\nimport time")
        project.law(*LAST)

    folder = made_once("chains", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture
def chain(chains: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`chains`, to be changed."""
    return copied(chains, tmp_path)


def files(project: Project, task: str, label: str = "") -> tuple[Path, Path]:
    """Manifest and payload of a record."""
    (manifest,) = project.store.glob(f"htautau/{task}/*-*/{label and f'{label}.'}manifest.json")
    return manifest, manifest.with_name(f"{label}.txt" if label else "txt")


def make_anew(project: Project, label: str, flavour: str) -> None:
    """Make a record of the first task anew, as another processor might."""
    for file in files(project, "First", label):
        file.unlink()
    project.variables["FLAVOUR"] = flavour
    assert made(project.law("run", "chain.First", "--datasets", "TTbar")) == ["First"]
    project.variables.pop("FLAVOUR")


def text(project: Project) -> str:
    """What the last task should have written."""
    firsts = [files(project, "First", f"part_{number}")[1].read_text() for number in range(PARTS)]
    return "".join(firsts).upper()


def change_byte(file: Path) -> None:
    """Damage a file; its size and the folder's listing stay as they are."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_other_content_of_an_input_makes_what_follows_due(chain: Project):
    make_anew(chain, "part_3", "sour")
    explained = chain.law(*LAST, "--explain")
    assert "its input first, First TTbar part_3, was made anew with other content" in explained
    assert "Second TTbar" in explained
    assert "outdated" in explained
    assert "1 of 25 records is missing" in explained
    dry = chain.law(*LAST, "--dry-run")
    assert "Second" in dry
    output = chain.law(*LAST)
    assert made(output) == ["Second", "Last"]
    assert "again Second: its input first, First TTbar part_3, was made anew with other content" in output
    assert "again Last: its input second, Second TTbar part_3, was made anew with other content" in output
    assert "SOUR" in files(chain, "Last")[1].read_text()
    assert files(chain, "Last")[1].read_text() == text(chain)
    assert made(chain.law(*LAST)) == []


def test_a_branch_and_a_process_know_it_too(chain: Project):
    make_anew(chain, "part_7", "sour")
    output = chain.law("run", "chain.Second", "--datasets", "TTbar", "--branches", "7,8", "--workers", "2")
    assert made(output) == ["Second"]
    assert made(chain.law(*LAST, "--workers", "2")) == ["Last"]
    assert files(chain, "Last")[1].read_text() == text(chain)


def test_the_same_content_makes_nothing_due(chain: Project):
    make_anew(chain, "part_3", "None")
    assert made(chain.law(*LAST)) == []
    # what is made of it is made of the same
    files(chain, "Second", "part_3")[0].unlink()
    assert made(chain.law("run", "chain.Second", "--datasets", "TTbar")) == ["Second"]
    assert made(chain.law(*LAST)) == []


def test_what_is_gone_is_not_missed_unless_it_is_needed(chain: Project):
    shutil.rmtree(chain.store / "htautau" / "First")
    assert made(chain.law(*LAST)) == []
    files(chain, "Second", "part_0")[0].unlink()
    assert made(chain.law(*LAST)) == []
    files(chain, "Last")[0].unlink()
    assert sorted(set(made(chain.law(*LAST)))) == ["First", "Last", "Second"]


@pytest.mark.parametrize("task", ["Last", "Second", "First"])
def test_a_changed_byte_never_becomes_a_number(chain: Project, task: str):
    before = files(chain, "Last")[1].read_bytes()
    change_byte(files(chain, task, "" if task == "Last" else "part_5")[1])
    if task != "Last":
        # so that somebody reads it
        files(chain, {"First": "Second", "Second": "Last"}[task], "part_5" if task == "First" else "")[0].unlink()
    if task == "First":
        files(chain, "Last")[0].unlink()
    output = chain.law(*LAST)
    assert "is damaged" in output
    assert "again: 1 damaged record set aside, to be made anew now" in output
    assert "Traceback" not in output
    assert made(output)[0] == task
    assert files(chain, "Last")[1].read_bytes() == before
    assert made(chain.law(*LAST)) == []


def test_contents_that_changed_places(chain: Project):
    before = files(chain, "Last")[1].read_bytes()
    one, other = (files(chain, "Second", f"part_{number}")[1] for number in (3, 4))
    first, second = one.read_bytes(), other.read_bytes()
    assert len(first) == len(second)
    one.write_bytes(second)
    other.write_bytes(first)
    files(chain, "Last")[0].unlink()
    output = chain.law(*LAST)
    assert sorted(made(output)) == ["Last", "Second", "Second"]
    assert files(chain, "Last")[1].read_bytes() == before


def test_what_was_set_aside_is_made_anew_and_what_agrees_stays(chain: Project):
    change_byte(files(chain, "Second", "part_5")[1])
    found = chain.law("run", "VerifyRecords", fails=True)
    assert "1 of 25 records is damaged" in found
    assert "damaged" in chain.law(*LAST, "--explain")
    assert made(chain.law(*LAST)) == ["Second"]
    assert made(chain.law(*LAST)) == []
    assert "and made of what their inputs hold" in chain.law("run", "VerifyRecords")


def test_verification_does_not_rely_on_times(chain: Project):
    """A store that was copied has other times: a command sees nothing, but who looks at all does."""
    make_anew(chain, "part_3", "sour")
    for file in files(chain, "First", "part_3"):
        os.utime(file, (1, 1))
    assert made(chain.law(*LAST)) == []
    found = chain.law("run", "VerifyRecords", fails=True)
    assert "1 of 25 records is outdated" in found
    assert "its input first, " in found
    assert made(chain.law(*LAST)) == ["Second", "Last"]
    assert files(chain, "Last")[1].read_text() == text(chain)
    chain.law("run", "VerifyRecords")


def earlier(project: Project, change: Callable[[dict[str, Any]], None] = lambda manifest: None) -> None:
    """Make all manifests those of an older store, with the times that they have."""
    for file in project.store.glob("htautau/*/*/*manifest.json"):
        manifest, found = json.loads(file.read_text()), file.stat()
        for used in manifest["inputs"]:
            del used["contents"]
        del manifest["digest"]
        manifest["format"] = 1
        change(manifest)
        file.write_text(json.dumps(manifest, indent=1))
        os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_an_older_store_serves_and_is_told_of(chain: Project):
    earlier(chain)
    assert made(chain.law(*LAST)) == []
    assert "25 records of an older store say by now what their inputs held" in chain.law("run", "VerifyRecords")
    (manifest,) = (json.loads(files(chain, "Last")[0].read_text()) for _ in (0,))
    assert len(manifest["inputs"][0]["contents"]) == PARTS
    assert "older" not in chain.law("run", "VerifyRecords")
    assert made(chain.law(*LAST)) == []
    # by now it is known
    make_anew(chain, "part_3", "sour")
    assert made(chain.law(*LAST)) == ["Second", "Last"]


def test_an_older_record_whose_input_was_made_later(chain: Project):
    earlier(chain)
    make_anew(chain, "part_3", "None")
    assert made(chain.law(*LAST)) == []
    told = chain.law("run", "VerifyRecords")
    assert "2 records of an older store do not say what their inputs held" not in told
    assert "1 record of an older store" in told
    assert "Second/TTbar" in told


def test_an_older_record_that_was_made_of_a_damaged_one(chain: Project):
    earlier(chain)
    change_byte(files(chain, "First", "part_3")[1])
    found = chain.law("run", "VerifyRecords", fails=True)
    assert "1 of 25 records is damaged" in found
    assert "1 of 25 records is outdated" in found
    assert "perhaps was when it was made of it" in found
    assert sorted(made(chain.law(*LAST))) == ["First", "Last", "Second"] or made(chain.law(*LAST)) == []
    assert files(chain, "Last")[1].read_text() == text(chain)


def test_a_page_misses_what_it_tells_of(pulse: Project):
    copy_publishable(Path(__file__).parents[2], pulse)
    (results,) = pulse.store.glob("pulse/CollectResults/*/results.json")
    before = results.read_bytes()
    change_byte(results)
    assert "1 of" in pulse.law("run", "VerifyRecords", fails=True)
    assert not results.exists()
    output = pulse.law("run", "Report")
    assert made(output) == ["CollectResults"]
    assert results.read_bytes() == before
    # the file alone
    results.unlink()
    assert made(pulse.law("run", "Report")) == ["CollectResults"]
    # what the page is made of before it can be made
    (page,) = pulse.store.glob("pulse/Report/*/report.html")
    page.unlink()
    gone = next(
        iter(
            sorted(pulse.store.glob("pulse/selected/*/*manifest.json"))
            or sorted(pulse.store.glob("pulse/*/near-*/*manifest.json"))
        )
    )
    gone.unlink()
    output = pulse.law("run", "Report")
    assert "Report" in made(output)
    assert gone.exists()
    assert made(pulse.law("run", "Report")) == []
