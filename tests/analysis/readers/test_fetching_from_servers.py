from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.study import SourceFile
from tests.analysis.provenance.remote.folders import Server

CONTENT = np.random.default_rng(1).bytes(3_000_000)


@pytest.mark.long
@pytest.mark.parametrize("known", ["sha256", "checksum"])
def test_from_every_kind_of_server(server: Server, tmp_path: Path, known: str) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(CONTENT)
    files = server.files()
    files.upload(source, "folder/file.root")
    size, checksum = files.identity("folder/file.root")
    url = f"{server.url}/folder/file.root"
    one = SourceFile("file.root", url, size=size, events=1)
    digest = hashlib.sha256(CONTENT).hexdigest()
    one = replace(one, sha256=digest) if known == "sha256" else replace(one, checksum=checksum.text)
    access = Access(options=replace(server.options, chunk=2**20))
    # what an earlier try left: once the beginning, once something else
    for left in (CONTENT[:1_500_000], b"something else"):
        (tmp_path / "it.download").write_bytes(left)
        fetch(one, tmp_path / "it", access=access)
        assert (tmp_path / "it").read_bytes() == CONTENT
        assert not (tmp_path / "it.download").exists()
        (tmp_path / "it").unlink()
    source.write_bytes(CONTENT[::-1])
    if checksum.kind == "modified":
        os.utime(source, (1, 1))
        time.sleep(1.1)
    files.upload(source, "folder/file.root")
    with pytest.raises(DataError, match=r"is not (the file 'file\.root' of the catalogue|what the catalogue says)"):
        fetch(one, tmp_path / "it", access=access)
    files.remove("folder/file.root")
    with pytest.raises(DataError, match=r"'file\.root' (is not there|cannot be read|is in no mirror)"):
        fetch(one, tmp_path / "it", access=access)
    assert not (tmp_path / "it").exists()
