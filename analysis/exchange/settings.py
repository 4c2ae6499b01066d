"""Where published networks are: the section ``[models]`` of law.cfg."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types

__all__ = ["ModelsSettings"]


@dataclass(frozen=True)
class ModelsSettings:
    """Settings of publishing and finding networks.

    Args:
        folders: that published networks lie in, or indexes of such (JSON); PublishModel writes into the first one.
        zenodo: address of the server for deposits; ``https://sandbox.zenodo.org`` to try it out.

    Raises:
        StudyError: a value is of another type.
    """

    folders: tuple[str, ...] = ("published",)
    zenodo: str = "https://zenodo.org"

    def __post_init__(self) -> None:
        check_types(self)
