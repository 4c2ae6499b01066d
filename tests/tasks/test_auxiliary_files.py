"""Files that steps declare, and those that they read without a word, as commands tell of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tasks.outside_study import write_study
from tests.tasks.project import Project, made, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A project with a study beside it."""
    write_study(tmp_path / "studies")
    project = new_project(repository, tmp_path, "airshower", None)
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: dice\npath: ../studies\n")
    return project


@pytest.mark.long
def test_a_changed_file_makes_what_it_decides_anew_and_an_undeclared_one_is_told(project: Project, tmp_path: Path):
    project.law("run", "dice.mean")
    (tmp_path / "offset.txt").write_text("2.0\n")
    step = tmp_path / "studies" / "dice" / "physics.py"
    text = step.read_text()
    read = "    assert (Path(__file__).parent / 'notes.txt').read_text()\n    value ="
    step.write_text(
        text.replace("import json\n", "import json\nfrom pathlib import Path\n").replace("    value =", read)
    )
    (step.parent / "notes.txt").write_text("of a rainy day\n")
    # in a process of its own
    output = project.law("run", "Report", "--workers", "2")
    assert "file offset (offset.txt) changed" in output
    assert "file table" not in output
    told = (
        "the stage 'mean': dice.physics:mean reads dice/notes.txt, which no key knows: when that changes, old records"
    )
    assert output.count(f"warning: {told} stay\n  cure: say files={{'notes': 'notes.txt'}} in its Step") == 1
    (page,) = project.store.glob("dice/Report/*/report.html")
    assert told.partition(": ")[2] in page.read_text()


@pytest.mark.long
def test_files_are_looked_for_when_a_command_begins_and_not_written_to(project: Project, tmp_path: Path):
    (tmp_path / "offset.txt").rename(tmp_path / "offsets.txt")
    output = project.law("run", "dice.rolled", fails=True)
    assert "the step 'dice.physics:mean' declares the file 'offset': '../../offset.txt', and there is no" in output
    assert "did you mean 'offsets.txt'?" in output
    assert made(output) == []
    (tmp_path / "offsets.txt").rename(tmp_path / "offset.txt")
    step = tmp_path / "studies" / "dice" / "physics.py"
    step.write_text(step.read_text().replace("    value =", "    files['offset'].write_text('0.0')\n    value ="))
    output = project.law("run", "dice.mean", fails=True)
    assert f"the stage 'mean' failed: the step writes to {tmp_path / 'offset.txt'}, which it is only lent" in output
    assert "(dice/physics.py, line 27)" in output
    assert (tmp_path / "offset.txt").read_text() == "1.0\n"


@pytest.mark.long
def test_of_a_study_in_the_source_tree_they_travel_too(project: Project, tmp_path: Path):
    """As code of a bundle or a capsule, elsewhere, with the files gone from where they were: the same keys."""
    folder = project.folder / "analysis" / "studies" / "dice"
    folder.mkdir()
    for package in ("dicetools", "dice"):
        for file in (tmp_path / "studies" / package).iterdir():
            text = (
                file.read_text().replace("dicetools.", "analysis.studies.dice.").replace("dice.ph", "studies.dice.ph")
            )
            text = text.replace('"studies.', '"analysis.studies.').replace(
                "../../offset.txt", str(tmp_path / "offset.txt")
            )
            (folder / file.name).write_text(text)
    (folder / "__init__.py").touch()
    shutil.rmtree(tmp_path / "studies")
    project.law("run", "CollectResults")
    project.python(f"""
from pathlib import Path
from tasks.batch.code_bundle import source_files
Path("requirements.lock").with_name("setup.sh").touch()
for name, content in source_files(Path({str(project.folder)!r}), ("studies",), "dice").items():
    file = Path({str(tmp_path / "elsewhere")!r}) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
""")
    (tmp_path / "offset.txt").unlink()
    shutil.rmtree(project.folder)
    elsewhere = Project(tmp_path / "elsewhere", project.store, None)
    assert (elsewhere.folder / "files" / "index.json").is_file()
    elsewhere.law("index", "-q")
    assert made(elsewhere.law("run", "CollectResults", "--study", "dice")) == []
    # and read
    shutil.rmtree(project.store / "dice" / "mean")
    assert made(elsewhere.law("run", "dice.mean")) == ["mean"]
