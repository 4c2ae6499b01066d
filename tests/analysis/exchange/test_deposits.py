"""Deposits that are noted beside folders: once, gone on with, and as new versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import DataError
from analysis.exchange.deposits import deposit_folder, note_of
from analysis.exchange.description import Description, Former, Tensor
from analysis.exchange.folder import CONFIG, PublishedFolder, read
from analysis.exchange.zenodo import Deposit

SERVER = "https://zenodo.example.org"


class Kept:
    """Answers as the client of the server does, from memory; that one is tested by itself."""

    address = SERVER

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []
        self.published: set[int] = set()
        self.drafts = 0

    def deposit(
        self, folder: PublishedFolder, metadata: Mapping[str, Any], number: int | None, *, report: Any
    ) -> Deposit:
        self.asked.append((folder.folder.name, number))
        if number is None or number in self.published:
            self.drafts += 1
            return self.find(self.drafts)
        return self.find(number)

    def find(self, number: int) -> Deposit:
        return Deposit(number, f"10.5072/zenodo.{number}", SERVER, number in self.published)

    def publish(self, number: int) -> Deposit:
        self.published.add(number)
        return self.find(number)


@pytest.fixture
def server() -> Any:
    return Kept()


def folder(parent: Path, version: int) -> PublishedFolder:
    former = Former("tau", version - 1, "0" * 64) if version > 1 else None
    path = parent / f"tau-{version}"
    path.mkdir()
    tensor = (Tensor("x", (1,)),)
    (path / CONFIG).write_text(Description("tau", version, tensor, tensor, replaces=former).text())
    return read(path)


def test_versions_are_those_of_one_deposit(server: Any, tmp_path: Path) -> None:
    first = folder(tmp_path, 1)
    draft = deposit_folder(server, first, {})
    assert (draft.number, draft.published, note_of(first.folder, SERVER)) == (1, False, 1)
    assert note_of(first.folder, "https://sandbox.example.org") is None
    # gone on with, and published
    assert deposit_folder(server, first, {}, publish=True).published
    # nothing is left to do
    assert deposit_folder(server, first, {}).published
    assert server.asked == [("tau-1", None), ("tau-1", 1)]
    second = folder(tmp_path, 2)
    assert deposit_folder(server, second, {}).number == 2
    # it is not published: the third takes its place
    third = folder(tmp_path, 3)
    assert deposit_folder(server, third, {}).number == 2
    assert server.asked[2:] == [("tau-2", 1), ("tau-3", 2)]
    assert [note_of(one.folder, SERVER) for one in (first, second, third)] == [1, None, 2]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "tau-1.zenodo.json",
        "tau-3.zenodo.json",
    ]
    # published by hand, on the server's page
    server.published.add(2)
    assert deposit_folder(server, third, {}).published
    # one that was made elsewhere
    assert deposit_folder(server, folder(tmp_path, 4), {}, 1).number == 3


def test_a_damaged_note_is_told(server: Any, tmp_path: Path) -> None:
    first = folder(tmp_path, 1)
    for text in ("{", "[]", '{"https://zenodo.example.org": {"number": "1"}}'):
        (tmp_path / "tau-1.zenodo.json").write_text(text)
        with pytest.raises(DataError, match="notes no deposits"):
            deposit_folder(server, first, {})
    assert server.asked == []
