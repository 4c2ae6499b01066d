"""Whether the files that a study takes from outside can still be had.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import PreservationError

__all__ = ["FILE", "Input", "demand", "from_json"]

FILE = "inputs.json"
FORMAT = 1
SECONDS = 20
# at a time: servers of public data do not like more
_AT_ONCE = 4
# what servers answer when a file is not there any more; anything else may be their bad day, or no answer to HEAD
_GONE = {404, 410}


@dataclass(frozen=True)
class Input:
    """One file from outside.

    Args:
        name: of the file.
        title: for people.
        address: URL, or a package with its version as a purl (``pkg:pypi/...``).
        sha256: of its content.
        size: in bytes; ``None`` if that is not known.
        licence: SPDX name; empty if unknown.
        doi: of the data set or publication; empty if it has none.
        citation: how to cite it.
        mirror: where it lies in a mirror folder; empty if it is part of a package.
    """

    name: str
    title: str
    address: str
    sha256: str
    size: int | None
    licence: str = ""
    doi: str = ""
    citation: str = ""
    mirror: str = ""


def from_json(text: bytes | str) -> list[Input]:
    """The inputs of a capsule.

    Args:
        text: of its file ``inputs.json``: ``{"format": 1, "inputs": [...]}``.

    Raises:
        PreservationError: the text is none of this.
    """
    try:
        stored = json.loads(text)
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']}")
        return [Input(**one) for one in stored["inputs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise PreservationError(f"{FILE} names no inputs: {error!r}", cure="fetch the capsule again") from None


def demand(sources: Sequence[Input], mirror: Path | None, have: Container[str]) -> None:
    """Make sure that every input that is not there yet lies in the mirror folder or is served.

    Args:
        sources: of the study.
        mirror: folder with copies; ``None`` if there is none.
        have: SHA-256 of contents that need no source any more.

    Raises:
        PreservationError: one is nowhere; names all of them, and how to give them.
    """
    wanted = [one for one in sources if one.mirror and one.sha256 not in have and not _mirrored(one, mirror)]
    served = [one for one in wanted if one.address.startswith(("https://", "http://"))]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = dict(zip(served, threads.map(lambda one: _answer(one.address), served), strict=True))
    missing: dict[str, list[Input]] = {}
    for one, answer in answers.items():
        if answer:
            missing.setdefault(answer, []).append(one)
    if missing:
        number = sum(map(len, missing.values()))
        raise PreservationError(
            f"{number} of {len(sources)} inputs cannot be had:\n{_listed(missing)}{_empty(sources, mirror)}",
            cure="with no network, or where a source is gone: put copies into a folder, at the paths above, and name "
            "it with --mirror FOLDER; or ask for a capsule that holds its data (--with-data)",
        )


def _listed(missing: Mapping[str, Sequence[Input]]) -> str:
    """Inputs by what is wrong with them: the first one in full, of the others what is needed to fetch them."""
    lines = []
    for answer, (first, *others) in missing.items():
        lines += [f"  {_told(first)}", f"    {answer}"]
        lines += [f"  and {len(others)} more for the same reason:"] if others else []
        lines += [f"    {one.mirror}: {one.address}" for one in others]
    return "\n".join(lines)


def _empty(sources: Sequence[Input], mirror: Path | None) -> str:
    """A line about a mirror folder that is none, or not the right one."""
    if mirror is None or any(one.mirror and (mirror / one.mirror).is_file() for one in sources):
        return ""
    return f"\n  the mirror {mirror} {'has none of the inputs' if mirror.is_dir() else 'is no folder'}"


def _mirrored(one: Input, mirror: Path | None) -> bool:
    if mirror is None:
        return False
    try:
        size = (mirror / one.mirror).stat().st_size
    except OSError:
        return False
    # its digest is checked when it is used
    return one.size is None or size == one.size


def _answer(address: str) -> str:
    """Return the reason why an address does not serve; empty if it does."""
    request = urllib.request.Request(address, method="HEAD", headers={"User-Agent": "erumflow"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"the server answers {error.code} {error.reason}" if error.code in _GONE else ""
    except urllib.error.URLError as error:
        # a bare system has no certificates; the environment of the rerun brings its own
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            return ""
        return f"the server does not answer: {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return f"the server does not answer: {error!r}"


def _told(one: Input) -> str:
    size = "" if one.size is None else f", {one.size / 1e6:.1f} MB"
    doi = f", DOI {one.doi}" if one.doi else ""
    return f"{one.mirror}{size}: {one.title}\n    {one.address}{doi}\n    SHA-256 {one.sha256}"
