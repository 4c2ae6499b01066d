"""Pinned and adopted records behind what is preserved: told, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.errors import PreservationError
from analysis.provenance.adoption import adopted_in_words
from tasks.framework.pins import pins_in_words

__all__ = ["frozen", "frozen_in", "refuse_frozen"]


def frozen(pinned: Iterable[Mapping[str, str]], manifests: Iterable[Mapping[str, Any]] = ()) -> list[str]:
    """Say of pinned and of adopted records what that means, in sentences, each once.

    Args:
        pinned: as manifests describe pinned records.
        manifests: of the records that results were made of.
    """
    adopted = filter(None, map(adopted_in_words, manifests))
    return [*pins_in_words(pinned), *dict.fromkeys(adopted)]


def frozen_in(capsule: Path) -> Iterator[tuple[str, str]]:
    """Yield what a capsule says of pinned and adopted records, as lines of a summary."""
    from analysis.preservation import archive, description

    told = description.Description.from_json(archive.read(capsule, description.FILE)).frozen
    yield from (("NOT MADE BY ITS CODE", text) for text in told)


def refuse_frozen(sentences: Iterable[str], *, allowed: bool) -> None:
    """Refuse to preserve results of pinned or adopted records, unless whoever preserves them knows.

    Raises:
        PreservationError: there are some, and they are not allowed.
    """
    lines = "".join(f"\n  {text}" for text in sentences)
    if lines and not allowed:
        raise PreservationError(
            f"the results rest on records that the present code did not make:{lines}",
            cure="take the pins out of law.cfg's section [pins], or take the adoption back (law run Adopt --undo), and "
            "run it again; or add --allow-adopted: then the capsule and each verdict on it say so",
        )
