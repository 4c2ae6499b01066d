"""The capsule that published networks came from."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import PreservationError
from analysis.exchange.description import Capsule
from analysis.preservation import archive
from analysis.preservation.stored import sha256_of

__all__ = ["capsule_with"]


def capsule_with(record: str, file: Path) -> Capsule:
    """Name a capsule, and see that it makes a record.

    Args:
        record: place in the store.
        file: the capsule.

    Raises:
        PreservationError: there is no such file, it is damaged, or it has no manifest of the record.
    """
    if not any(name.startswith(f"records/{record}/") for name in archive.names(file)):
        raise PreservationError(
            f"the capsule {file} does not make the record {record}",
            cure="preserve the study as it is now, with the same options: law run PreserveStudy",
        )
    return Capsule(file.name, sha256_of(file))
