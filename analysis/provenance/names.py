"""Names in a store: what may come out of a manifest, a listing or a note, and become part of a path.

A name is one component of a path, so that nothing that is asked of a store lies outside it. Names that begin with a
dot are the store's own: no manifest may speak of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.errors import StoreError

__all__ = ["check_digest", "check_label", "check_name", "check_place", "is_plain"]

# folders in a store's root that code asks for by name
_OWN = frozenset({".code", ".compiled", ".verified"})
# what stands for damaged files among records, in the trash
_OWN_LABELS = frozenset({"", ".set-aside"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHOWN = 100


def is_plain(name: object) -> bool:
    r"""Whether a name is one component of a path and prints.

    Examples:
        >>> is_plain("events 0-100.parquet"), is_plain(".lock")
        (True, True)
        >>> [name for name in ("", ".", "..", "a/b", "a\n", 7) if is_plain(name)]
        []
    """
    return isinstance(name, str) and name not in ("", ".", "..") and "/" not in name and name.isprintable()


def check_name(name: str) -> str:
    """Return the name of a file in a place.

    Raises:
        StoreError: it is no plain name, or begins with a dot.

    Examples:
        >>> check_name("../id_rsa")
        Traceback (most recent call last):
        ...
        analysis.errors.StoreError: no name of a file in a store: '../id_rsa'
          cure: a name is one part of a path, prints and does not begin with a dot; whatever says otherwise, such as a
          manifest, is none of this project's
    """
    if not is_plain(name) or name.startswith("."):
        raise _refused("name of a file", name)
    return name


def check_label(label: str) -> str:
    """Return the label of a record: as :func:`check_name`, or empty.

    Raises:
        StoreError: it is no plain name, or begins with a dot.
    """
    own = isinstance(label, str) and label in _OWN_LABELS
    if not own and (not is_plain(label) or label.startswith(".")):
        raise _refused("label of a record", label)
    return label


def check_place(place: str) -> str:
    """Return a place: names with ``/`` between them. The first one may be that of a store's own folder, ``.code``.

    Raises:
        StoreError: it is empty, or one of the names is no plain one or begins with a dot.

    Examples:
        >>> check_place("htautau/TrainModel/dense-0123456789ab")
        'htautau/TrainModel/dense-0123456789ab'
    """
    # asked for each file of a store, of which thousands lie in one place
    if not isinstance(place, str) or not _is_place(place):
        raise _refused("place", place)
    return place


def check_digest(digest: str) -> str:
    """Return a SHA-256 in hexadecimal, which becomes a name, too.

    Raises:
        StoreError: it is none.
    """
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _refused("SHA-256 of a file", digest)
    return digest


@lru_cache(maxsize=1 << 14)
def _is_place(place: str) -> bool:
    first, *others = place.split("/")
    return all(is_plain(name) and not name.startswith(".") for name in (*({first} - _OWN), *others))


def _refused(what: str, value: object) -> StoreError:
    text = ascii(value)
    return StoreError(
        f"no {what} in a store: {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'}",
        cure="a name is one part of a path, prints and does not begin with a dot; whatever says otherwise, such as a "
        "manifest, is none of this project's",
    )
