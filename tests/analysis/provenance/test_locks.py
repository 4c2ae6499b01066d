"""What the locks hold, and whether an extra is there."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.provenance import locks


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two extras; one of them wants what nobody has."""
    lines = {
        "": ["numpy==1.0", "law==0.1"],
        "-there": [f"numpy=={metadata.version('numpy')}"],
        "-absent": ["tiny==9.0"],
    }
    for name, packages in lines.items():
        text = "\n".join(f"{one} ; python_version < '3.14' \\\n    --hash=sha256:0" for one in packages)
        (tmp_path / f"requirements{name}.lock").write_text(f"{text}\n")
    (tmp_path / "requirements-cuda12.lock").write_text("jax==1.0\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project.optional-dependencies]\nthere = ["NumPy[all]>=1.0"]\nabsent = ["tiny >=8"]\n'
    )
    monkeypatch.setattr(locks, "PROJECT", tmp_path)
    return tmp_path


def test_extras(project: Path):
    assert locks.known_extras() == ["absent", "there"]
    assert locks.missing_extra("there") == []
    assert locks.missing_extra("absent") == ["tiny"]
    assert locks.installed_extras() == ["there"]


@pytest.mark.parametrize("name", ["elsewhere", "cuda12", ""])
def test_an_unknown_extra_is_told(project: Path, name: str):
    with pytest.raises(StudyError, match=rf"there is no extra '{name}'\n  cure: use one of: absent, there"):
        locks.missing_extra(name)


def test_an_extra_that_a_capsule_brings(project: Path):
    """It stands in no pyproject.toml: all that its lock adds is wanted."""
    (project / "requirements-study.lock").write_text("numpy==1.0\nlaw==0.1\nown-tools==1.0\n")
    assert locks.missing_extra("study") == ["own-tools"]


def test_locks_of_the_project_agree(repository: Path):
    """A package has one version, whatever is installed with it."""
    base = locks.locked(repository / locks.LOCK)
    assert len(base) > 100
    for file in repository.glob("requirements-*.lock"):
        other = locks.locked(file)
        assert {name: other[name] for name in base} == base, file.name
        assert "://" not in file.read_text()
