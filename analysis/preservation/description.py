"""Description of a capsule by itself: its file ``capsule.json``.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation.reading import json_of

__all__ = ["FILE", "FORMAT", "Description"]

FILE = "capsule.json"
FORMAT = 1


@dataclass(frozen=True)
class Description:
    """Information that a rerun needs.

    Args:
        study: its name.
        title: for people.
        arguments: of law, which make the results: ``("run", "CollectResults", "--study", ...)``.
        results: place of the results' record in the store (``STUDY/CollectResults/NAME-KEY``).
        python: version that the results were made with.
        lock: name of the lock file that the packages were installed from.
        members: SHA-256 of every other member of the capsule, by name.
        parameters: of the results, for people.
        varying: files of payloads that hold times and so never come out the same, by task.
        frozen: records that are not what the capsule's code makes of its inputs, pinned or adopted, in sentences.
        pinned: places of pinned records among them; a rerun makes these anew, and what follows has other keys there.
    """

    study: str
    title: str
    arguments: tuple[str, ...]
    results: str
    python: str
    lock: str
    members: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    varying: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    @property
    def series(self) -> str:
        """Name of the results' record without its key (``STUDY/CollectResults/NAME``)."""
        return self.results.rpartition("-")[0]

    def as_json(self) -> str:
        """The text of the file."""
        # earlier versions know nothing of some, which most capsules have not
        told = {name: value for name, value in asdict(self).items() if value or name not in ("frozen", "pinned")}
        return json.dumps({"format": FORMAT, **told}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: bytes | str) -> Description:
        """The inverse of :meth:`as_json`.

        Raises:
            PreservationError: the text is none of this, or of a later version.
        """
        try:
            stored: dict[str, Any] = json_of(text)
            version = stored.pop("format")
            if version != FORMAT:
                raise PreservationError(
                    f"the capsule has format {version!r}, and this version reads {FORMAT}",
                    cure="run the capsule itself: python3 NAME.capsule.zip",
                )
            stored["arguments"] = tuple(stored["arguments"])
            stored["varying"] = {task: tuple(files) for task, files in stored.get("varying", {}).items()}
            stored["members"] = dict(stored["members"])
            stored |= {name: tuple(map(str, stored.get(name, ()))) for name in ("frozen", "pinned")}
            found = cls(**stored)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PreservationError(
                f"{FILE} does not describe a capsule: {error!r}",
                cure="is it a capsule? fetch it again",
            ) from None
        texts = (*found.arguments, *found.members, *found.members.values(), found.study, found.results, found.lock)
        named = (
            all(isinstance(text, str) and text for text in texts)
            and not found.study.startswith(".")
            and "/" not in found.study
        )
        if not named or not re.fullmatch(rf"{re.escape(found.study)}/[^/]+/[^/]+-[^/-]+", found.results):
            raise PreservationError(f"{FILE} does not describe a capsule", cure="the file is damaged: fetch it again")
        return found
