"""The project's code as one file."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from analysis.errors import BatchError
from analysis.provenance.local_store import LocalStore
from tasks.batch.code_bundle import PLACE, archive, in_store, source_files


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in ("analysis/__init__.py", "tasks/batch/job.sh", "analysis/__pycache__/old.pyc", "tasks/.hidden"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    for name in ("setup.sh", "requirements.lock", "law.cfg", "notes.txt"):
        (folder / name).write_text(f"# {name}\n")
    return folder


def test_it_holds_source_and_lock_and_nothing_else(base: Path):
    assert sorted(source_files(base)) == [
        "analysis/__init__.py",
        "law.cfg",
        "requirements.lock",
        "setup.sh",
        "tasks/batch/job.sh",
    ]


def test_of_a_users_settings_only_what_decides_results_goes_along(base: Path):
    (base / "law_user.cfg").write_text("[studies]\ndefault: mine\n[site_mine]\naccount: me\n[other]\npassword: x\n")
    settings = source_files(base)["law_user.cfg"].decode()
    assert "mine" in settings
    assert "password" not in settings
    assert "account" not in settings


def test_pins_go_to_jobs_and_not_into_capsules(base: Path):
    pins = "[pins]\nCalibrateEvents = 0123456789ab\n"
    (base / "law_user.cfg").write_text(f"[studies]\ndefault: mine\n{pins}")
    (base / "law.cfg").write_text(f"# ours\n[core]\nextend: law_user.cfg\n{pins}\n[resources]\ncores: 0\n")
    of_job, of_capsule = source_files(base), source_files(base, ("studies",))
    assert all(b"0123456789ab" in of_job[name] for name in ("law.cfg", "law_user.cfg"))
    assert not any(b"0123456789ab" in of_capsule[name] for name in ("law.cfg", "law_user.cfg"))
    assert of_capsule["law.cfg"].decode() == "# ours\n[core]\nextend: law_user.cfg\n[resources]\ncores: 0\n"


def test_without_what_makes_an_environment_it_says_so(base: Path):
    (base / "setup.sh").unlink()
    with pytest.raises(BatchError, match=r"setup\.sh is missing"):
        source_files(base)


def test_it_lies_in_the_store_once_under_the_digest_of_its_files(base: Path, tmp_path: Path):
    (tmp_path / "store").mkdir()
    store = LocalStore(tmp_path / "store")
    first = in_store(store, base, tmp_path / "first")
    # another time, another place, the same content
    copy = Path(shutil.copytree(base, tmp_path / "copy", copy_function=shutil.copyfile))
    assert in_store(store, copy, tmp_path / "second").name == first.name
    assert list(store.listing(PLACE)) == [first.name]
    assert (tmp_path / "store" / PLACE / first.name).read_bytes() == first.read_bytes()
    (base / "analysis/__init__.py").write_text("x = 1\n")
    assert in_store(store, base, tmp_path / "first").name != first.name


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive({"a": b"1"}), archive({"setup.sh": b"evil"})[:-9]],
    ids=["empty", "text", "another", "cut"],
)
def test_what_somebody_put_in_its_place_is_made_anew(base: Path, tmp_path: Path, content: bytes):
    (tmp_path / "store").mkdir()
    store = LocalStore(tmp_path / "store")
    file = in_store(store, base, tmp_path / "logs")
    right = file.read_bytes()
    file.write_bytes(content)
    assert in_store(store, base, tmp_path / "logs") == file
    assert file.read_bytes() == right


def test_the_archive_unpacks_to_the_files():
    files = {"a/b.py": b"x = 1\n", "job.sh": b"#!/bin/sh\n"}
    with tarfile.open(fileobj=io.BytesIO(archive(files))) as tar:
        found = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}
        assert found == files
        assert [member.mode for member in tar] == [0o644, 0o755]
