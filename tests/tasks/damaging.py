"""Damage done to the records of a store, of any kind, and what has to be there again afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.provenance.manifests import label_of
from analysis.provenance.remote.files import Files

__all__ = ["DAMAGES", "Stored", "damage_each_task", "damaged"]

#: what can happen to a file: another byte, the end missing, nothing left, gone, the content of one like it
DAMAGES = ("a flipped byte", "a missing end", "nothing left", "gone", "another one's content")


def damaged(content: bytes, how: str, other: bytes) -> bytes | None:
    """The content after damage; ``None`` if the file is gone."""
    if how == "a flipped byte":
        place = len(content) * 2 // 3
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    return {"a missing end": content[:-1], "nothing left": b"", "gone": None, "another one's content": other}[how]


@dataclass
class Stored:
    """The records of a study, as files of a folder or a server.

    Args:
        files: of the store.
        study: its name.
        scratch: a local folder.
    """

    files: Files
    study: str
    scratch: Path

    def manifests(self) -> dict[str, dict[str, Any]]:
        """All manifests, by path."""
        return {path: json.loads(self.files.read(path)) for path in self._paths()}

    def _paths(self) -> Iterator[str]:
        for family in sorted(self.files.listing(self.study)):
            for place in sorted(self.files.listing(f"{self.study}/{family}")):
                where = f"{self.study}/{family}/{place}"
                yield from (
                    f"{where}/{name}" for name in sorted(self.files.listing(where)) if label_of(name) is not None
                )

    def write(self, path: str, content: bytes | None) -> None:
        """Put another content in the place of a file, or take it away."""
        self.files.remove(path)
        if content is not None:
            (self.scratch / "content").write_bytes(content)
            self.files.upload(self.scratch / "content", path)

    def contents(self, without: tuple[str, ...] = ()) -> dict[str, str]:
        """SHA-256 of all payload that has no times in it, by place, label and name."""
        return {
            f"{manifest['record']['place']} {manifest['record']['label']} {name}": file["sha256"]
            for manifest in self.manifests().values()
            if manifest["record"]["family"] not in without
            for name, file in manifest["payload"].items()
            if not file.get("varying")
        }


def damage_each_task(stored: Stored, turn: int, spared: tuple[str, ...]) -> list[str]:
    """Damage one record of each task, payload and manifests in turn, and take away one that was made of it.

    Args:
        stored: the records.
        turn: another one damages other files in other ways.
        spared: families that nothing is done to.

    Returns:
        Lines that say what was done.
    """
    manifests, done, gone = stored.manifests(), [], set()
    families = sorted({one["record"]["family"] for one in manifests.values()} - {*spared})
    for number, family in enumerate(families, start=turn):
        own = [path for path, one in manifests.items() if one["record"]["family"] == family and path not in gone]
        if not own:
            continue
        path = own[len(own) // 2]
        manifest, folder = manifests[path], str(PurePosixPath(path).parent)
        label, names = manifest["record"]["label"], sorted(manifest["payload"])
        name = names[number % len(names)]
        file = path if number % 2 else f"{folder}/{label}.{name}" if label else f"{folder}/{name}"
        alike = next((one for one in own if one != path), path)
        other = stored.files.read(alike) if number % 2 else b"?" * manifest["payload"][name]["size"]
        how = DAMAGES[number % len(DAMAGES)]
        content = stored.files.read(file)
        if other == content:
            how = "gone"
        stored.write(file, damaged(content, how, other))
        done.append(f"{file}: {how}")
        for follower, one in manifests.items():
            used = any(
                used["place"] == manifest["record"]["place"] and label in used["labels"] for used in one["inputs"]
            )
            if used and one["record"]["family"] not in spared:
                stored.files.remove(follower)
                gone.add(follower)
                break
    return done
