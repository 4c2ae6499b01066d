"""Published networks as a deposit on Zenodo, by its REST API (https://developers.zenodo.org).

The token comes from the environment variable ``ZENODO_TOKEN`` and goes to the server that the settings name, in a
header, over TLS or on this machine; it is written nowhere.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from analysis.errors import DataError, StoreError
from analysis.exchange.folder import SUMS, PublishedFolder
from analysis.printable import in_a_line
from analysis.provenance import plain_files

__all__ = ["TOKEN", "Deposit", "Zenodo"]

TOKEN = "ZENODO_TOKEN"
_SCOPES = "deposit:write and deposit:actions"
_BLOCK = 1 << 20
_AT_HOME = ("127.0.0.1", "localhost", "::1")
# the answer to a large file comes when the server has computed its checksum
_SECONDS, _ANSWER = 60.0, 600.0


@dataclass(frozen=True)
class Deposit:
    """A deposit on Zenodo.

    Args:
        number: of the deposit.
        doi: that it has, or will have; empty if the server does not tell.
        address: page for people; of a draft, for its owner alone.
        published: whether it is published; nothing in it can be changed then.
    """

    number: int
    doi: str
    address: str
    published: bool


class Zenodo:
    """A server with Zenodo's API.

    Args:
        address: of the server, ``https://zenodo.org`` or ``https://sandbox.zenodo.org``.
        token: of a user; by default what the environment says.

    Raises:
        StoreError: there is no token, or the address would give it to everybody.
    """

    def __init__(self, address: str, token: str = "") -> None:
        import httpx

        parts = urlsplit(address)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _AT_HOME):
            raise StoreError(
                f"{address!r} is no address that a token may go to", cure="give one that begins with https://"
            )
        self.address, self._token = f"{parts.scheme}://{parts.netloc}", token or os.environ.get(TOKEN, "").strip()
        if not re.fullmatch(r"[!-~]+", self._token):
            raise StoreError(
                f"{self.address} asks who deposits, and the environment variable {TOKEN} "
                + ("has characters that no token has" if self._token else "is not set"),
                cure=f"make one with the scopes {_SCOPES} at {self.address}/account/settings/applications/tokens/new, "
                f"and export {TOKEN}=...",
            )
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=httpx.Timeout(_SECONDS, read=_ANSWER),
            follow_redirects=False,
        )

    def deposit(
        self,
        folder: PublishedFolder,
        metadata: Mapping[str, Any],
        number: int | None = None,
        *,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> Deposit:
        """Make or complete a draft with the files of a folder.

        Files that the draft has already, by their checksum, are not sent again; what is not in the folder is removed.

        Args:
            folder: checked.
            metadata: in Zenodo's words; see :func:`analysis.exchange.zenodo_metadata.zenodo_metadata`.
            number: of a draft, which becomes this, or of a published deposit, which gets a new version; ``None`` for a
                new deposit.
            report: called with the bytes that were sent, and those that are to be sent.

        Raises:
            StoreError: the server cannot be reached, refuses, or has something else afterwards.
            DataError: a file changed while it was sent.
        """
        with self._understood():
            return self._fill(folder, metadata, self._draft(number), report)

    def _fill(
        self,
        folder: PublishedFolder,
        metadata: Mapping[str, Any],
        draft: Mapping[str, Any],
        report: Callable[[int, int], None],
    ) -> Deposit:
        present = {str(one["filename"]): one for one in draft.get("files", ())}
        missing = []
        for name in (*folder.digests, SUMS):
            size, md5 = self._facts(folder, name)
            if name in present and _checksum(present[name]) == md5:
                del present[name]
            else:
                missing.append((name, size, md5))
        for one in present.values():
            self._ask("DELETE", f"{_self(draft)}/files/{quote(str(one['id']), safe='')}")
        total, done = sum(size for _, size, _ in missing), 0
        for name, size, md5 in missing:
            report(done, total)
            self._send(folder, draft, name, size, md5)
            done += size
        report(done, total)
        self._ask("PUT", _self(draft), json={"metadata": dict(metadata)})
        return _deposit(self._checked(folder, _self(draft)) | {"reserved": _reserved(draft)}, self.address)

    def publish(self, number: int) -> Deposit:
        """Publish a draft, for good: nobody can take it back.

        Raises:
            StoreError: the server cannot be reached, or refuses.
        """
        answer = self._ask("POST", f"{self._depositions}/{number}/actions/publish")
        with self._understood():
            return _deposit(answer | {"submitted": True}, self.address)

    def find(self, number: int) -> Deposit:
        """Ask for a deposit of one's own.

        Raises:
            StoreError: there is none, or the server cannot be reached, or refuses.
        """
        found = self._ask("GET", f"{self._depositions}/{number}")
        with self._understood():
            return _deposit(found, self.address)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{self.address} does not answer as Zenodo does: {in_a_line(repr(error))}",
                cure="see whether the address of Zenodo in law.cfg, section [models], is right",
            ) from error

    @property
    def _depositions(self) -> str:
        return f"{self.address}/api/deposit/depositions"

    def _draft(self, number: int | None) -> dict[str, Any]:
        if number is None:
            return self._ask("POST", self._depositions, json={})
        found = self._ask("GET", f"{self._depositions}/{number}")
        if not _is_published(found):
            return found
        answer = self._ask("POST", f"{self._depositions}/{number}/actions/newversion")
        return self._ask("GET", str(answer["links"]["latest_draft"]))

    def _facts(self, folder: PublishedFolder, name: str) -> tuple[int, str]:
        # MD5 is what Zenodo tells of files; SHA-256 is what they are checked by
        digest, size = hashlib.md5(usedforsecurity=False), 0
        for block in _blocks(folder, name):
            digest.update(block)
            size += len(block)
        return size, digest.hexdigest()

    def _send(self, folder: PublishedFolder, draft: Mapping[str, Any], name: str, size: int, md5: str) -> None:
        address = f"{draft['links']['bucket']}/{quote(name)}"
        answer = self._ask("PUT", address, content=_blocks(folder, name), headers=_sent(size))
        if _checksum(answer) not in ("", md5):
            raise StoreError(f"{self.address} received another {name} than was sent", cure="run the same command again")

    def _checked(self, folder: PublishedFolder, address: str) -> dict[str, Any]:
        """The draft as the server has it now: all files of the folder, and no others."""
        found = self._ask("GET", address)
        sizes = {str(one["filename"]): int(one.get("filesize", one.get("size", -1))) for one in found["files"]}
        expected = {name: folder.sizes[name] for name in folder.digests} | {SUMS: len(folder.sums)}
        if sizes != expected:
            wrong = sorted(name for name in sizes.keys() | expected.keys() if sizes.get(name) != expected.get(name))
            raise StoreError(
                f"the draft {found['id']} on {self.address} has not what was sent: {', '.join(wrong)}",
                cure="run the same command again",
            )
        return found

    def _ask(self, method: str, address: str, **content: Any) -> dict[str, Any]:
        import httpx

        if not address.startswith(f"{self.address}/"):
            raise StoreError(
                f"{self.address} sends its users on to {in_a_line(address)}, which does not get the token",
                cure="see whether the address of Zenodo in law.cfg, section [models], is right",
            )
        try:
            answer = self._client.request(method, address, **content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise StoreError(
                f"{self.address} cannot be reached: {in_a_line(str(error)) or type(error).__name__}",
                cure="run the same command again when it can; what was sent is not sent again",
            ) from error
        if answer.is_success:
            try:
                found = answer.json() if answer.content else {}
            except ValueError:
                found = None
            if isinstance(found, dict):
                return found
        raise self._refused(method, address, answer)

    def _refused(self, method: str, address: str, answer: Any) -> StoreError:
        said = in_a_line(_words(answer).replace(self._token, "***"))[:500]
        status, path = answer.status_code, urlsplit(address).path
        where = "the note beside the folder (NAME-VERSION.zenodo.json)"
        cures = {
            401: f"the token in {TOKEN} is wrong or expired: make another one",
            403: f"the token in {TOKEN} needs the scopes {_SCOPES}, and the deposit has to be yours",
            404: f"give the number of a deposit of yours; if it was deleted there, delete {where}",
            413: "the deposit is larger than Zenodo allows (50 GB): ask for more at its support, or publish elsewhere",
            429: "too many requests: wait some minutes and run the same command again",
        }
        cure = cures.get(status, "run the same command again later; nothing was published" if status >= 500 else "")
        if re.search("quota|too large|exceed", said, re.IGNORECASE):
            cure = cures[413]
        return StoreError(f"{self.address} answers {status} to {method} {path}{f': {said}' if said else ''}", cure=cure)


def _blocks(folder: PublishedFolder, name: str) -> Iterator[bytes]:
    """The content of a file, checked as it is read."""
    if name == SUMS:
        yield folder.sums
        return
    digest = hashlib.sha256()
    with plain_files.reading(folder.folder / name) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            yield block
    if digest.hexdigest() != folder.digests[name]:
        raise DataError(f"{folder.folder / name} changed while it was sent", cure="run the same command again")


def _sent(size: int) -> dict[str, str]:
    return {"Content-Length": str(size), "Content-Type": "application/octet-stream"}


def _words(answer: Any) -> str:
    """What a server says of an error: its message, and what it does not like in which field."""
    try:
        said = answer.json()
        errors = [
            f"{one.get('field', '')}: {one.get('message', one.get('messages', ''))}" for one in said.get("errors", ())
        ]
        return "; ".join([str(said.get("message", "")), *errors])
    except (ValueError, AttributeError, TypeError):
        return str(answer.reason_phrase)


def _self(deposit: Mapping[str, Any]) -> str:
    return str(deposit["links"]["self"])


def _checksum(file: Mapping[str, Any]) -> str:
    """MD5 of a file; empty if the server does not tell."""
    return str(file.get("checksum", "")).removeprefix("md5:")


def _is_published(deposit: Mapping[str, Any]) -> bool:
    return bool(deposit.get("submitted")) or deposit.get("state") == "done"


def _reserved(deposit: Mapping[str, Any]) -> str:
    told = deposit.get("metadata", {}).get("prereserve_doi")
    # or the wish for one, as it was sent
    return str(told.get("doi", "")) if isinstance(told, dict) else ""


def _deposit(found: Mapping[str, Any], origin: str) -> Deposit:
    links, number = found.get("links", {}), int(found["id"])
    address = links.get("record_html") or links.get("html") or f"{origin}/uploads/{number}"
    doi = found.get("doi") or found.get("reserved") or _reserved(found)
    return Deposit(number, str(doi), str(address), _is_published(found))
