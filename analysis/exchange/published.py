"""Published networks as a study names them: where they are and what they hold; imports nothing heavy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["Published", "address_of", "place_of"]

_HUB = re.compile(r"hf:(?P<name>[\w.-]+/[\w.-]+)@(?P<revision>[\w.-]+)")
_ZENODO = re.compile(r"zenodo:(?P<record>\d+)")
_FORMS = "a folder, https://SERVER/FOLDER, zenodo:RECORD or hf:OWNER/NAME@REVISION"


@dataclass(frozen=True)
class Published:
    """A folder of published networks, as PublishModel writes it, or a stranger's.

    Only its content decides results: the same folder at another address is the same.

    Args:
        address: of the folder: its whole path (``beside("airshower-1")`` for one beside the study), a path below a
            folder of ``ERUMFLOW_MIRROR``, ``https://SERVER/FOLDER``, ``zenodo:RECORD`` or ``hf:OWNER/NAME@REVISION``.
        sha256: digest of the folder: of its file ``SHA256SUMS``, or of what ``LC_ALL=C sha256sum *`` says of a folder
            that has none.

    Raises:
        StudyError: the address has none of these forms, or the digest is none.
    """

    address: str = field(metadata=PRESENTATION, repr=False)
    sha256: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", str(self.sha256)):
            raise StudyError(
                f"the networks at {self.address!r} have the SHA-256 {self.sha256!r}, which is none",
                cure="write the 64 hexadecimal digits that PublishModel tells, or those of `sha256sum SHA256SUMS`",
            )
        address_of(self, "")


def address_of(published: Published, name: str) -> str:
    """Address of a file of a published folder.

    Args:
        published: the folder.
        name: of the file.

    Raises:
        StudyError: the folder's address has no known form.

    Examples:
        >>> address_of(Published("hf:erum/airshower@v1", "0" * 64), "config.json")
        'https://huggingface.co/erum/airshower/resolve/v1/config.json'
    """
    address = published.address
    if hub := _HUB.fullmatch(address):
        return f"https://huggingface.co/{hub['name']}/resolve/{hub['revision']}/{name}"
    if record := _ZENODO.fullmatch(address):
        return f"https://zenodo.org/records/{record['record']}/files/{name}"
    scheme = address.partition(":")[0] if re.match(r"[\w+.-]+:", address) else ""
    if not address or scheme not in ("", "file", "https", "http"):
        raise StudyError(f"the address {address!r} of published networks is none", cure=f"write {_FORMS}")
    return f"{address.rstrip('/')}/{name}"


def place_of(published: Published, name: str) -> str:
    """Place of a file of a published folder below a mirror folder: where capsules keep it.

    Args:
        published: the folder.
        name: of the file.
    """
    return f"networks/{published.sha256[:16]}/{name}"
