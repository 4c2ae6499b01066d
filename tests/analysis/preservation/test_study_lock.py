"""Packages beyond the lock: locked with digests, or refused by name."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.preservation.study_lock import study_lock


@pytest.fixture
def base(tmp_path: Path, repository: Path) -> Path:
    """A project whose lock has one package."""
    shutil.copy(repository / "pyproject.toml", tmp_path)
    (tmp_path / "requirements.lock").write_text(f"packaging=={metadata.version('packaging')}\n")
    return tmp_path


@pytest.mark.network
def test_what_the_lock_does_not_have_is_locked_as_installed(base: Path):
    # pytest needs packaging, which the lock has
    lock = study_lock(["pytest"], base, ["requirements.lock"]).decode()
    assert f"pytest=={metadata.version('pytest')} ;" in lock
    assert "pluggy==" in lock
    assert "packaging==" not in lock
    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_what_no_registry_has_is_named(base: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(base / "cache"))
    with pytest.raises(PreservationError, match=r"beyond the lock, pytest, cannot be locked:\n  .*") as caught:
        study_lock(["pytest"], base, ["requirements.lock"])
    assert "a registry that has them is reachable" in caught.value.cure


def test_what_was_not_installed_from_a_registry_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch):
    info = base / "site" / "own_tools-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-tools\nVersion: 1.0\n")
    (info / "direct_url.json").write_text(
        json.dumps({"url": "https://example.org/own.git", "vcs_info": {"vcs": "git"}})
    )
    monkeypatch.setattr(sys, "path", [str(base / "site"), *sys.path])
    with pytest.raises(PreservationError, match=r"needs own-tools 1\.0, which was installed from https://example\.org"):
        study_lock(["own-tools"], base, ["requirements.lock"])
