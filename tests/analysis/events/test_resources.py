import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from analysis.datasets import PackageFile
from analysis.errors import DataError, StoreError
from analysis.events.resources import copy_resource, read_resource

README = PackageFile(
    package="astrotools",
    version="1.5.0",
    path="data/xmax/README",
    sha256="d6edc29e71f1752791f145def1b26b892b113e829a05f77f97d9d18dfdbd38b7",
    size=2683,
)


def test_the_content_is_that_of_the_catalogue():
    content = read_resource(README)
    assert len(content) == README.size
    assert content.decode().startswith("Xmax data from the Pierre Auger Observatory")


def test_the_package_is_not_imported():
    code = (
        "import sys; from analysis.datasets import PackageFile; from analysis.events.resources import read_resource;"
        f"read_resource({README!r}); sys.exit('astrotools' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_content_is_refused_by_both_digests():
    with pytest.raises(DataError) as refused:
        read_resource(replace(README, sha256="0" * 64))
    message = str(refused.value)
    assert README.sha256 in message
    assert "0" * 64 in message
    assert "astrotools" in message
    assert "installed: 1.5.0" in message
    assert "install version 1.5.0" in message


def test_another_size_is_refused():
    with pytest.raises(DataError, match=r"2682 bytes.*2683 bytes"):
        read_resource(replace(README, size=2682))


def test_a_package_that_is_not_there_names_itself_and_the_cure():
    with pytest.raises(DataError) as missing:
        read_resource(replace(README, package="airshowertools"))
    assert "'README'" in str(missing.value)
    assert "'airshowertools' (installed: none) is not installed" in str(missing.value)
    assert "install version 1.5.0 of 'airshowertools'" in str(missing.value)


@pytest.mark.parametrize("path", ["data/xmax/nothing.txt", "data/xmax"])
def test_a_file_that_is_not_there_names_itself(path):
    with pytest.raises(DataError, match=f"has no file '{path}'"):
        read_resource(replace(README, path=path))


def test_a_module_without_files_is_refused():
    with pytest.raises(DataError, match="holds no files of data"):
        read_resource(replace(README, package="sys"))


def test_a_package_inside_an_archive_serves_as_well(tmp_path, monkeypatch):
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as packages:
        packages.writestr("zippedtools/__init__.py", "raise ImportError('imported')")
        packages.writestr("zippedtools/data/xmax/README", read_resource(README))
    monkeypatch.syspath_prepend(str(archive))
    assert read_resource(replace(README, package="zippedtools")) == read_resource(README)


def test_a_copy_is_whole_readable_and_alone(tmp_path):
    destination = tmp_path / "README"
    destination.write_text("what was there before")
    copy_resource(README, destination)
    assert destination.read_bytes() == read_resource(README)
    assert list(tmp_path.iterdir()) == [destination]
    mask = os.umask(0)
    os.umask(mask)
    assert destination.stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_refused_file_leaves_the_destination_as_it_was(tmp_path):
    destination = tmp_path / "README"
    destination.write_text("what was there before")
    with pytest.raises(DataError):
        copy_resource(replace(README, size=1), destination)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there before"]


def test_a_place_that_cannot_be_written_names_itself(tmp_path):
    with pytest.raises(StoreError, match="nowhere/README cannot be written: No such file"):
        copy_resource(README, tmp_path / "nowhere" / "README")
