"""Files in a bucket of an S3 server, Amazon's or another."""

from __future__ import annotations

import base64
import contextlib
import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.checksums import Checksum, checksum_of
from analysis.provenance.remote.credentials import check_credentials
from analysis.provenance.remote.faults import ChecksumError, MissingError, fault
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.s3_errors import OF_CODE, as_fault, code_of, is_of_s3, wrong_server
from analysis.provenance.remote.server_files import ServerFiles

__all__ = ["S3Files"]

# without which an answer is none
_IN_ANSWERS = {"head_object": "ETag", "list_objects_v2": "Name", "put_object": "ETag"}
# up to here in one request; beyond, in parts that appear together when the last has arrived
_ONE_PUT = 96 * 2**20


class S3Files(ServerFiles):
    """Files in a bucket (``s3://bucket/folder``), through s3fs.

    A file appears when its last byte has arrived and its MD5 agrees: the server sees to that, so nothing has to be
    renamed. Keys come from ``AWS_ACCESS_KEY_ID`` and the like or from ``~/.aws``. Renaming is copying and deleting.
    """

    # aiohttp does, with whatever is not a POST
    _asks_again = True

    def _connect(self) -> Any:
        import s3fs

        if not self.options.anonymous:
            check_credentials(self.url)
        limits = {"connect_timeout": min(5.0, self.options.timeout), "read_timeout": self.options.timeout}
        # servers other than Amazon's do not know the newer checksums; MD5 is compared below
        modest = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
        connection = s3fs.S3FileSystem(
            endpoint_url=self.options.endpoint or None,
            anon=self.options.anonymous,
            skip_instance_cache=True,
            use_listings_cache=False,
            config_kwargs={**limits, **modest, "retries": {"total_max_attempts": 1}},
        )
        # one kind of attempts is enough: those of ServerFiles
        connection.retries = 1
        return connection

    @property
    def _bucket(self) -> str:
        return self.address.host

    def _at(self, path: str) -> str:
        return super()._at(path).lstrip("/")

    def _ask(self, method: str, **arguments: Any) -> Any:
        # to what is deleted, a page may be an answer
        if method not in _IN_ANSWERS:
            self._check()
        answer = self.connection.call_s3(method, Bucket=self._bucket, **arguments)
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        # a page of a console, a proxy or a network's login comes with the status of success
        lacks = method in _IN_ANSWERS and _IN_ANSWERS[method] not in answer
        if is_of_s3(headers):
            self._known = self.connection
        elif lacks or "html" in headers.get("content-type", ""):
            raise wrong_server(self.url, self.options)
        else:
            self._check()
        return answer

    def _check(self) -> None:
        """Raise WrongServerError if the server, of which nothing is known yet, says that any file is there."""
        if self._known is self.connection:
            return
        used, name = self.connection, self._at(f".{uuid.uuid4().hex}.part")
        try:
            used.call_s3("head_object", Bucket=self._bucket, Key=name)
        except (FileNotFoundError, PermissionError):
            self._known = used
        else:
            raise wrong_server(self.url, self.options)

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        return as_fault(error, address, self.options)

    def _head(self, path: str) -> Any:
        """Return the server's metadata of a file; ``None`` if there is no such file."""
        try:
            with self._explained(path):
                return self._ask("head_object", Key=path)
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        """Ask in another way where the server says no to HEAD, the answer to which has no room for a reason."""
        try:
            yield
        except OSError as error:
            if code_of(error.__cause__) in {"400", "401", "403"}:
                self._keys(path, limit=1)
            raise

    def _keys(self, prefix: str, *, delimiter: str = "", limit: int = 1000, after: str = "") -> Any:
        more = {"ContinuationToken": after} if after else {}
        return self._ask("list_objects_v2", Prefix=prefix, Delimiter=delimiter, MaxKeys=limit, **more)

    def _stat(self, path: str) -> Entry | None:
        if path and (found := self._head(path)) is not None:
            return Entry(found["ContentLength"], False, found["LastModified"].timestamp())
        inside = self._keys(f"{path}/" if path else "", limit=1)
        return Entry(0, True) if inside.get("KeyCount") or not path else None

    def _listing(self, path: str) -> dict[str, Entry]:
        prefix, found, after = f"{path}/" if path else "", {}, ""
        while True:
            answer = self._keys(prefix, delimiter="/", after=after)
            for item in answer.get("Contents", ()):
                # a folder made by other tools is an empty file of this name
                if name := item["Key"].removeprefix(prefix):
                    found[name] = Entry(item["Size"], False, item["LastModified"].timestamp())
            for item in answer.get("CommonPrefixes", ()):
                found.setdefault(item["Prefix"].removeprefix(prefix).rstrip("/"), Entry(0, True))
            if not answer.get("IsTruncated"):
                return found
            after = answer["NextContinuationToken"]

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        found = self._head(path)
        if found is None:
            raise fault(MissingError, f"s3://{self._bucket}/{path}")
        return found["ContentLength"], _md5(found)

    def _identity(self, path: str) -> tuple[int, Checksum]:
        size, md5 = self._facts(path)
        # of a file that was sent in parts, the tag is no digest
        return size, md5 or Checksum("etag", (self._head(path) or {}).get("ETag", "").strip('"'))

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        starts, stops = map(list, zip(*ranges, strict=True))
        paths = [f"{self._bucket}/{path}"] * len(ranges)
        with self._explained(path):
            self._check()
            return list(self.connection.cat_ranges(paths, starts, stops, on_error="raise"))

    def _read(self, path: str) -> bytes:
        with self._explained(path):
            self._check()
            return self.connection.cat_file(f"{self._bucket}/{path}")

    def _download(self, path: str, local: Path) -> None:
        with self._explained(path):
            self._check()
            self.connection.get_file(f"{self._bucket}/{path}", str(local))

    def upload(self, local: Path, path: str) -> None:
        local.stat()  # a file that is not here is no error of the server
        self._try(path, lambda _: self._upload(local, self._at(path)))

    def _upload(self, local: Path, path: str) -> None:
        size = local.stat().st_size
        if size <= _ONE_PUT:
            self._put(path, local.read_bytes(), checksum_of(local, "md5").digest)
            return
        self._check()
        self.connection.put_file(str(local), f"{self._bucket}/{path}")
        found, _ = self._facts(path)
        if found != size:
            raise fault(ChecksumError, f"s3://{self._bucket}/{path}", f"{size} bytes here, {found} on the server")

    def _put(self, path: str, content: bytes, md5: str, **conditions: str) -> None:
        digest = base64.b64encode(bytes.fromhex(md5)).decode()
        self._ask("put_object", Key=path, Body=content, ContentMD5=digest, **conditions)

    def _create(self, path: str, content: bytes) -> bool:
        import hashlib

        try:
            self._put(path, content, hashlib.md5(content, usedforsecurity=False).hexdigest(), IfNoneMatch="*")
        except OSError as error:
            if code_of(error.__cause__) in {"PreconditionFailed", "412"}:
                return False
            raise
        return True

    def copy(self, path: str, new: str) -> bool:
        self._try(path, lambda _: self._copy(self._at(path), self._at(new)))
        return True

    def _copy(self, path: str, new: str) -> None:
        with self._explained(path):
            self._check()
            self.connection.cp_file(f"{self._bucket}/{path}", f"{self._bucket}/{new}")
        (size, md5), (found, same) = self._facts(path), self._facts(new)
        if found != size or (md5 and same and md5 != same):
            raise fault(ChecksumError, f"s3://{self._bucket}/{new}", f"{size} bytes, {md5}; copied {found}, {same}")

    def _rename(self, path: str, new: str) -> None:
        # the only copy goes only where the other one is the same
        self._copy(path, new)
        self._remove(path)

    def _remove(self, path: str) -> None:
        self._ask("delete_object", Key=path)

    def remove_tree(self, path: str) -> None:
        self._try(path, lambda _: self._remove_all(self._at(path)))

    def _remove_all(self, path: str) -> None:
        while items := self._keys(f"{path}/" if path else "").get("Contents"):
            answer = self._ask("delete_objects", Delete={"Objects": [{"Key": i["Key"]} for i in items], "Quiet": True})
            for problem in answer.get("Errors", ()):
                kind = OF_CODE.get(problem.get("Code", ""), StoreError)
                raise fault(kind, f"s3://{self._bucket}/{problem.get('Key', path)}", problem.get("Message", ""))

    def _make_folder(self, path: str) -> None:
        """There are no folders in a bucket, only names."""

    def _remove_folder(self, path: str) -> None:
        """There are no folders in a bucket, only names."""


def _md5(facts: dict[str, Any]) -> Checksum | None:
    """The MD5 of a file, where its tag is that: sent in one request, and not encrypted with a key of its own."""
    tag = facts.get("ETag", "").strip('"').lower()
    own_key = "SSECustomerAlgorithm" in facts or "kms" in facts.get("ServerSideEncryption", "")
    return Checksum("md5", tag) if re.fullmatch("[0-9a-f]{32}", tag) and not own_key else None
