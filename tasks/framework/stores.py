"""The stores that law.cfg names, and which task's records lie in which.

The section ``[store]`` describes the store of all records; sections ``[store_NAME]`` describe others. An option of
``[store]`` with the name of a task chooses one of them for the records of that task.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from law.config import Config

from analysis.errors import StudyError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.store import Store
from analysis.validated import override

if TYPE_CHECKING:
    from analysis.provenance.remote_store import RemoteStore

__all__ = ["StoreSettings", "all_stores", "in_job", "store_for"]

SECTION = "store"
_GIGABYTE = 10**9


@dataclass(frozen=True)
class StoreSettings:
    """A section of a store in law.cfg.

    Args:
        root: a folder, relative to the project's; or the address of a folder on a server: ``root://``, ``s3://``,
            ``davs://``, ``https://``, ``sftp://``.
        cache: local folder for copies of remote files, drafts and workspaces; empty for one of this user's in the
            system's folder for temporary files.
        cache_size: gigabytes that copies may take there.
        mirror: name of another store, on a server, that gets a copy of every record; empty for none.
        timeout: seconds that a server may do nothing, or be away, before that is an error.
        endpoint: address of an S3 server that is not Amazon's.
        key_file: private key for SFTP, else what ssh offers.
        known_hosts: file of the hosts that SFTP trusts, else ssh's own.

    Raises:
        StudyError: the cache has no size.
    """

    root: str = "data"
    cache: str = ""
    cache_size: float = 20.0
    mirror: str = ""
    timeout: float = 30.0
    endpoint: str = ""
    key_file: str = ""
    known_hosts: str = ""

    def __post_init__(self) -> None:
        if not self.cache_size >= 0:
            raise StudyError(f"cache_size is {self.cache_size}", cure="it must be 0 or a number of gigabytes")

    @property
    def is_remote(self) -> bool:
        """Whether it lies on a server."""
        return "://" in self.root


def store_for(task: str, base: Path) -> Store:
    """The store of a task's records.

    ``ERUMFLOW_STORE``, a folder or an address, takes the place of the root that law.cfg's section ``[store]`` has.

    Args:
        task: name of the task; empty for the store of all that is not chosen by task.
        base: the project's folder.

    Raises:
        StudyError: a section, an option or a name in law.cfg is unknown or wrong.
        StoreError: the address is none that can be used.
    """
    return _store_for(task, base, os.environ.get("ERUMFLOW_STORE", ""))


def all_stores(base: Path) -> list[Store]:
    """Every store that records may lie in.

    Raises:
        StudyError: a section, an option or a name in law.cfg is unknown or wrong.
        StoreError: an address is none that can be used.
    """
    return list(dict.fromkeys(store_for(task, base) for task in ["", *_chosen()]))


def in_job() -> bool:
    """Whether this process is a job of a cluster, of a command that all servers have answered."""
    return "ERUMFLOW_JOB_GPUS" in os.environ


@cache
def _store_for(task: str, base: Path, root: str) -> Store:
    name = _chosen().get(task, "")
    settings = _settings(name)
    if root and not name:
        mirror = "" if "://" in root else settings.mirror
        settings = dataclasses.replace(settings, root=os.path.expanduser(root), mirror=mirror)
    return _open(settings, base)


@cache
def _open(settings: StoreSettings, base: Path) -> Store:
    if settings.is_remote:
        if settings.mirror:
            raise StudyError(
                f"the store {settings.root} is on a server and has mirror = {settings.mirror}",
                cure="name a folder as its root; only that can have a mirror",
            )
        return _remote(settings)
    local = LocalStore(base / settings.root)
    if not settings.mirror:
        return local
    from analysis.provenance.mirrored_store import MirroredStore
    from tasks.framework import reporting

    mirror = _settings(settings.mirror)
    if not mirror.is_remote:
        raise StudyError(
            f"the mirror {settings.mirror!r} of the store {settings.root} has the root {mirror.root}, no address",
            cure="a mirror lies on a server: root://, s3://, davs://, https:// or sftp://",
        )
    return MirroredStore(local, _remote(mirror), reporting.tell)


def _remote(settings: StoreSettings) -> RemoteStore:
    from analysis.provenance.remote.connecting import connect
    from analysis.provenance.remote.options import Options
    from analysis.provenance.remote_store import RemoteStore

    options = Options(
        timeout=settings.timeout,
        endpoint=settings.endpoint,
        key_file=settings.key_file,
        known_hosts=settings.known_hosts,
        patient=in_job(),
    )
    folder = settings.cache or os.path.join(tempfile.gettempdir(), f"erumflow-{os.geteuid()}")
    if not os.path.isabs(folder):
        raise StudyError(f"the cache {folder} of the store {settings.root} is no absolute path")
    return RemoteStore(connect(settings.root, options), Path(folder), int(settings.cache_size * _GIGABYTE))


@cache
def _settings(name: str) -> StoreSettings:
    """Read the settings of a section: ``[store]`` for an empty name, else ``[store_NAME]``."""
    config = Config.instance()
    section = f"{SECTION}_{name}" if name else SECTION
    if not config.has_section(section):
        if not name:
            return StoreSettings()
        raise StudyError(f"law.cfg has no store {name!r}", cure=f"use one of: {', '.join(_names()) or 'none is there'}")
    known = {field.name for field in dataclasses.fields(StoreSettings)}
    # the names of tasks begin with a capital letter, and stand in the first section only
    given = [option for option in config.options(section) if name or option in known or not option[:1].isupper()]
    values = {option: str(config.get_expanded(section, option) or "") for option in given}
    try:
        settings = override(StoreSettings(), {option: value for option, value in values.items() if value})
        if name and not values.get("root"):
            raise StudyError("it has no root", cure="name a folder or an address as its root")
    except StudyError as error:
        raise StudyError(f"law.cfg, section [{section}]: {error.problem}", cure=error.cure) from error
    for option, value in values.items():
        if "$" in value:
            raise StudyError(
                f"law.cfg, section [{section}]: {option} is {value}, in which a variable is not set",
                cure="set it, or write the value itself",
            )
    return settings


@cache
def _chosen() -> dict[str, str]:
    """Names of stores by the names of tasks."""
    config = Config.instance()
    if not config.has_section(SECTION):
        return {}
    chosen = {o: str(config.get_expanded(SECTION, o) or "") for o in config.options(SECTION) if o[:1].isupper()}
    for task, name in chosen.items():
        if name not in _names():
            raise StudyError(
                f"law.cfg, section [{SECTION}]: {task} is to have the store {name!r}, which is not there",
                cure=f"use one of: {', '.join(_names()) or 'none is there'}; [{SECTION}_{name}] would describe it",
            )
    if chosen and (unknown := sorted(chosen.keys() - (known := _tasks()))) and known:
        raise StudyError(
            f"law.cfg, section [{SECTION}]: there is no task {unknown[0]!r}",
            cure=f"use one of: {', '.join(sorted(known))}; a new task is known after 'law index'",
        )
    return chosen


def _names() -> list[str]:
    prefix = f"{SECTION}_"
    return sorted(s.removeprefix(prefix) for s in Config.instance().sections() if s.startswith(prefix))


def _tasks() -> set[str]:
    """Names of all tasks, as ``law index`` found them; empty if it has not run."""
    try:
        lines = Path(Config.instance().get_expanded("core", "index_file")).read_text().splitlines()
    except OSError:
        return set()
    return {parts[1] for line in lines if len(parts := line.split(":", 2)) == 3}
