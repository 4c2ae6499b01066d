"""Whether a store serves, and whether a job and the command that sends it mean the same one by its address."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass

from analysis.errors import ErumflowError
from analysis.provenance.store import Store, sha256_of

__all__ = ["Finding", "check_store", "leave_file", "new_place", "read_by_both", "remove_files", "seen_from_here"]

# names of the files that the two leave for each other
COMMAND, JOB = "command", "job"
SIZE = 1000
# file systems show what another machine wrote late (s)
LATE = 15.0


@dataclass(frozen=True)
class Finding:
    """One row of CheckSite's table.

    Args:
        what: that was looked at.
        result: ``ok``, ``note`` (it will run, but look at it) or ``failed``.
        detail: what was found.
        cure: what to do, unless all is well.
    """

    what: str
    result: str
    detail: str
    cure: str = ""


def new_place() -> str:
    """A place of a store for one check."""
    return f"site-check/{uuid.uuid4().hex}"


def leave_file(store: Store, place: str, name: str = COMMAND) -> str:
    """Write a small file of random bytes; its SHA-256.

    Raises:
        StoreError: the store cannot be written.
    """
    # put moves a file, and the system's folder for temporary ones may be on another disk
    with store.draft(place, name) as folder:
        source = folder / name
        source.write_bytes(os.urandom(SIZE))
        digest = sha256_of(source)
        store.put(place, name, source, digest)
    return digest


def check_store(store: Store) -> Finding:
    """Write, list, read and delete a small file in a store."""
    place, name = new_place(), "probe"
    what = _row(store)
    begin = time.perf_counter()
    try:
        digest = leave_file(store, place, name)
        if store.listing(place) != {name: SIZE} or store.sha256(place, name) != digest:
            return Finding(what, "failed", "what was written is not what is read", "ask who runs the store")
    finally:
        store.remove(place, name)
    return Finding(what, "ok", f"written, read and deleted in {time.perf_counter() - begin:.2f} s")


def read_by_both(store: Store, place: str, digest: str) -> tuple[Finding, str]:
    """In a job: check a store, read what the command left there, and leave a file for it.

    Args:
        store: of the job.
        place: of the command's file.
        digest: of the command's file.

    Returns:
        The row, and the digest of the job's file; empty if there is none.
    """
    finding = check_store(store)
    if finding.result != "ok":
        return finding, ""
    if not _holds(store, place, COMMAND, digest):
        detail = "it can be written here, but what the command wrote is not in it: it is not the command's store"
        cure = "name a store on a server (docs/stores.md), or a folder that workers see at the same path"
        return Finding(finding.what, "failed", detail, cure), ""
    return finding, leave_file(store, place, JOB)


def seen_from_here(store: Store, place: str, digest: str) -> Finding:
    """In the command: whether the file that the job left in a store is there."""
    what = f"same {_row(store)}"
    end = time.monotonic() + LATE
    while not _holds(store, place, JOB, digest):
        if time.monotonic() > end:
            return Finding(
                what,
                "failed",
                f"what the job wrote is not seen here after {LATE:g} s",
                "look where the job's store is: its address may mean another folder there",
            )
        time.sleep(0.5)
    return Finding(what, "ok", "the command and the job read each other's file")


def remove_files(store: Store, place: str) -> None:
    """Delete what the two left."""
    for name in (COMMAND, JOB):
        store.remove(place, name)


def _holds(store: Store, place: str, name: str, digest: str) -> bool:
    try:
        return store.sha256(place, name) == digest
    except ErumflowError:
        if store.size(place, name) is None:
            return False
        raise


def _row(store: Store) -> str:
    return f"store {store.url('').rstrip('/')}"
