"""Law's own remote targets on Files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from law.target.remote.base import RemoteDirectoryTarget, RemoteFileSystem, RemoteFileTarget

from analysis.errors import StoreError
from analysis.provenance.remote.options import Options
from tasks.framework.remote_interface import file_system
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3, OnXRootD


@pytest.fixture
def files(address: str) -> RemoteFileSystem:
    return file_system(address)


class Cases:
    def test_a_file(self, files: RemoteFileSystem, address: str, tmp_path: Path):
        target = RemoteFileTarget("plots/a #1, 50%.json", files)
        assert not target.exists()
        assert target.uri() == f"{address}/plots/a #1, 50%.json"
        target.dump({"mass": 125}, formatter="json")
        assert target.exists()
        assert target.load(formatter="json") == {"mass": 125}
        target.dump({"mass": 91}, formatter="json")
        assert target.load(formatter="json") == {"mass": 91}
        target.copy_to_local(str(tmp_path / "x.json"))
        assert json.loads((tmp_path / "x.json").read_text()) == {"mass": 91}
        target.remove()
        target.remove()
        assert not target.exists()
        with pytest.raises(FileNotFoundError):
            files.stat(target.path)

    def test_localized(self, files: RemoteFileSystem):
        target = RemoteFileTarget("x.txt", files)
        with target.localize("w") as local:
            Path(local.path).write_text("one")
        with target.localize("r") as local:
            assert Path(local.path).read_text() == "one"

        def fail() -> None:
            with target.localize("w") as local:
                Path(local.path).write_text("half")
                raise ValueError("x")

        with pytest.raises(ValueError, match="x"):
            fail()
        with target.open("r") as file:
            assert file.read() == "one"
        with target.open("w") as file:
            file.write("two")
        with target.open("r") as file:
            assert file.read() == "two"

    def test_a_folder(self, files: RemoteFileSystem):
        folder = RemoteDirectoryTarget("results", files)
        assert not folder.exists()
        folder.touch()
        folder.touch()
        assert folder.exists()
        assert folder.listdir() == []
        for name in ("a.txt", "inner/b.txt"):
            folder.child(name, type="f").dump(name, formatter="text")
        assert folder.listdir() == ["a.txt", "inner"]
        assert folder.listdir(type="f") == ["a.txt"]
        assert folder.glob("*.txt") == ["a.txt"]
        assert [(dirs, names) for _, dirs, names, _ in folder.walk()] == [(["inner"], ["a.txt"]), ([], ["b.txt"])]
        assert isinstance(folder.child("inner"), RemoteDirectoryTarget)
        assert not files.file_interface.rmdir(folder.path)
        folder.remove()
        assert not folder.exists()
        assert not folder.child("inner/b.txt", type="f").exists()

    def test_from_place_to_place(self, files: RemoteFileSystem, tmp_path: Path):
        (tmp_path / "x.txt").write_text("one")
        RemoteFileTarget("a.txt", files).copy_from_local(str(tmp_path / "x.txt"))
        RemoteFileTarget("a.txt", files).move_to(RemoteFileTarget("inner/b.txt", files))
        assert not RemoteFileTarget("a.txt", files).exists()
        assert RemoteFileTarget("inner/b.txt", files).load(formatter="text") == "one"


class TestMemory(OnMemory, Cases):
    pass


class TestFolder(OnFolder, Cases):
    def test_an_unreachable_server_is_not_empty(self, tmp_path: Path):
        files = file_system(f"file://{tmp_path}/not/mounted", Options(attempts=1))
        for ask in (
            RemoteFileTarget("x.txt", files).exists,
            RemoteFileTarget("x.txt", files).remove,
            RemoteDirectoryTarget("x", files).listdir,
        ):
            with pytest.raises(StoreError, match="cannot be reached"):
                ask()


@pytest.mark.services
class TestXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services
class TestS3(OnS3, Cases):
    pass
