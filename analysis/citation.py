"""Whose a study is, and how it is cited."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Citation"]


@dataclass(frozen=True)
class Citation:
    """Authors, title, licence and addresses of a study, as a capsule tells them.

    Args:
        title: of the study's results.
        authors: their names.
        licence: SPDX name of the licence of code and results.
        doi: of the results or their publication.
        url: of the study's own repository or page.
        version: of the study.
    """

    title: str
    authors: tuple[str, ...]
    licence: str = ""
    doi: str = ""
    url: str = ""
    version: str = ""
