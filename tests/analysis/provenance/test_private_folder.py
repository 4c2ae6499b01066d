"""Folders that nobody but this user can have written to."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.private_folder import open_private, private_folder


def test_it_is_made_for_this_user_alone_whatever_the_umask_and_opened_again(tmp_path: Path):
    before = os.umask(0)
    try:
        for _ in range(2):
            descriptor = open_private(tmp_path / "cache", "compiled", "processor")
            assert os.path.samestat(os.fstat(descriptor), os.stat(tmp_path / "cache/compiled/processor"))
            os.close(descriptor)
    finally:
        os.umask(before)
    for name in ("compiled", "compiled/processor"):
        assert (tmp_path / "cache" / name).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o1777], ids=oct)
@pytest.mark.parametrize("which", ["compiled", "compiled/processor"])
def test_one_that_others_may_write_to_is_refused(which: str, mode: int, tmp_path: Path):
    (tmp_path / which).mkdir(parents=True)
    (tmp_path / which).chmod(mode)
    with pytest.raises(StoreError, match=rf"others? users? may write to the folder {tmp_path}/{which}\n.*chmod go-w"):
        open_private(tmp_path, "compiled", "processor")


def test_the_command_that_cures_can_be_pasted(tmp_path: Path):
    folder = tmp_path / "my files; and (yours)"
    folder.mkdir()
    folder.chmod(0o777)
    for make in (lambda: open_private(folder.parent, folder.name), lambda: private_folder(folder)):
        folder.chmod(0o777)
        with pytest.raises(StoreError) as error:
            make()
        words = re.search(r"chmod [^;]* '[^']*'", error.value.cure)
        assert words is not None
        subprocess.run(["sh", "-c", words[0]], check=True)
        make()


@pytest.mark.parametrize("which", ["compiled", "compiled/processor"])
@pytest.mark.parametrize("target", ["mine", "/usr", "nowhere"])
def test_a_link_is_refused_and_nothing_is_made_behind_it(which: str, target: str, tmp_path: Path):
    (tmp_path / "mine").mkdir(mode=0o700)
    (tmp_path / which).parent.mkdir(exist_ok=True, mode=0o700)
    (tmp_path / which).symlink_to(tmp_path / target)
    with pytest.raises(StoreError, match=rf"{tmp_path}/{which} is a link"):
        open_private(tmp_path, "compiled", "processor")
    assert not list((tmp_path / "mine").iterdir())
    assert not (tmp_path / "nowhere").exists()


def test_one_of_somebody_else_is_refused(tmp_path: Path):
    # of the machine's administrator's, or else made another's by the administrator
    parent, name = Path("/"), "usr"
    if not os.geteuid():
        parent, name = tmp_path, "theirs"
        (parent / name).mkdir(mode=0o700)
        os.chown(parent / name, 12345, -1)
    with pytest.raises(StoreError, match=re.escape(f"{parent / name} belongs to another user")):
        open_private(parent, name)


def test_the_way_there_may_be_a_link_or_open_to_others(tmp_path: Path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    os.close(open_private(tmp_path / "link", "own"))
    assert (tmp_path / "open" / "own").is_dir()


def test_what_is_put_in_its_place_later_is_not_reached(tmp_path: Path):
    descriptor = open_private(tmp_path, "own")
    (tmp_path / "own").rename(tmp_path / "taken")
    (tmp_path / "own").mkdir()
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=descriptor))
    os.close(descriptor)
    assert (tmp_path / "taken" / "file").exists()
    assert not (tmp_path / "own" / "file").exists()


def test_a_file_in_its_place_is_no_folder(tmp_path: Path):
    (tmp_path / "own").touch()
    with pytest.raises(NotADirectoryError):
        open_private(tmp_path, "own")
