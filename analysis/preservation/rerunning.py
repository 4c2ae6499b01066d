"""Running a capsule's graph again, in an environment made anew and an empty store.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import configparser
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import PreservationError
from analysis.preservation import archive, sources
from analysis.preservation.description import FILE, Description
from analysis.preservation.sandbox import sandbox
from analysis.preservation.shell import followed
from analysis.preservation.stored import StoredRecords, sha256_of
from analysis.preservation.surroundings import COMPILED, check_variables, surroundings
from analysis.settings import sections_of

__all__ = ["Settings", "checked", "folder_for", "rerun", "unpacked", "untouched"]

Say = Callable[[str], None]

# folders of a capsule
_SOURCE, _STORE, _DATA, _WHEELS = "source", "store", "data", "wheels"
# bytes that the environment takes while it is made, and records
ROOM = 4 * 10**9
_SETUP = 'source "$0/setup.sh"'
_LAW = f'{_SETUP} && exec law "$@"'
# of the settings of whoever runs a capsule only what decides no result
_SECTIONS = ("site_", "batch", "resources")
_OWN_SETTINGS = "law_rerun.cfg"


@dataclass(frozen=True)
class Settings:
    """Settings of a rerun; none of them decides a result.

    Args:
        folder: for everything that the rerun makes.
        mirrors: folders with copies of inputs, the first one first.
        workflow: batch system; empty for this machine.
        site: where jobs run; empty for the batch system's own.
        settings: file with sites of the machine; ``None`` if the capsule's serve.
        workers: steps of the graph at a time.
        jax: what JAX runs on (``cpu``, ``cuda12``, ``cuda13``); empty for what the capsule was made with.
        network: whether what runs has one.
        container: whether what runs sees nothing of the user's but the folder and the mirrors.
        variables: of the environment, that what runs is given besides.
    """

    folder: Path
    mirrors: tuple[Path, ...] = ()
    workflow: str = ""
    site: str = ""
    settings: Path | None = None
    workers: int = 1
    jax: str = ""
    network: bool = True
    container: bool = False
    variables: tuple[str, ...] = ()


def folder_for(capsule: Path) -> Path:
    """Return the folder of a capsule's rerun unless one is named: in the caller's current folder."""
    return Path(f"{capsule.name.removesuffix('.zip').removesuffix('.capsule')}-rerun")


def checked(capsule: Path) -> Description:
    """Return a capsule's description of itself, once every member is checked against it.

    Raises:
        PreservationError: the file is damaged, hostile or no capsule; or a member is another one, is missing, or is
            too much.
    """
    found = archive.digests(capsule)
    description = Description.from_json(archive.read(capsule, FILE))
    found.pop(FILE)
    _compare(description.members, found, str(capsule), "fetch it again and compare its SHA-256 with the published one")
    return description


def unpacked(capsule: Path, description: Description, folder: Path) -> bool:
    """Unpack a capsule, unless an earlier rerun has; whether one has.

    Args:
        capsule: that has been checked.
        description: of it.
        folder: to unpack to: empty, missing, or of an earlier rerun of the same capsule.

    Raises:
        PreservationError: the folder holds something else, or what was unpacked there has been changed.
    """
    if folder.is_dir() and any(folder.iterdir()):
        known = folder / FILE
        if not known.is_file() or known.read_bytes() != archive.read(capsule, FILE):
            raise PreservationError(
                f"the folder {folder} is not empty, and not of an earlier rerun of this capsule",
                cure="name another one: --folder FOLDER",
            )
        _check_members(description.members, folder)
        return True
    folder.parent.mkdir(parents=True, exist_ok=True)
    # whole or not at all, so that a rerun that is killed here begins anew
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        archive.unpack(capsule, draft)
        draft.chmod(0o755)
        draft.replace(folder)
    except OSError as error:
        raise PreservationError(
            f"the folder {folder} cannot be made: {error.strerror}", cure="name another one: --folder FOLDER"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return False


def untouched(description: Description, folder: Path) -> None:
    """See that the rerun has left alone what its verdict is read from, and its own code.

    Raises:
        PreservationError: it has not.
    """
    large = (f"{_DATA}/", f"{_STORE}/", f"{_WHEELS}/")
    _check_members({name: one for name, one in description.members.items() if not name.startswith(large)}, folder)


def _check_members(members: Mapping[str, str], folder: Path) -> None:
    places = {name: folder / name for name in members}
    present = {name: sha256_of(file) for name, file in places.items() if file.is_file() and not file.is_symlink()}
    _compare(members, present, str(folder), "remove the folder, or name another one: --folder FOLDER")


def _compare(expected: Mapping[str, str], found: Mapping[str, str], where: str, cure: str) -> None:
    changed = sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    problems = {
        "has been changed": changed,
        "is missing": sorted(expected.keys() - found.keys()),
        "does not belong there": sorted(found.keys() - expected.keys()),
    }
    lines = [f"{name} {problem}" for problem, names in problems.items() for name in names]
    if lines:
        more = f" (and {len(lines) - 5} more)" if len(lines) > 5 else ""
        raise PreservationError(f"{where} is not what {FILE} says: {', '.join(lines[:5])}{more}", cure=cure)


def rerun(description: Description, settings: Settings, say: Say) -> Path:
    """Make the environment and run the graph; goes on where an earlier rerun in the same folder was interrupted.

    Args:
        description: of the capsule that is unpacked in the folder.
        settings: how to run.
        say: is told what is going on.

    Returns:
        The store that the records are in.

    Raises:
        PreservationError: the disk is too full, an input or the environment cannot be had, or the graph did
            not come to its end.
    """
    if shutil.which("bash") is None:
        raise PreservationError("there is no bash", cure="install it; the environment is made by a script of it")
    folder = settings.folder.resolve()
    around = sandbox(network=settings.network, container=settings.container)
    check_variables(settings.variables)
    _check_offline(settings, folder)
    free = shutil.disk_usage(folder).free
    if free < ROOM and not (folder / _SOURCE / ".venv").is_dir():
        raise PreservationError(
            f"{folder} has {free / 1e9:.1f} GB free, and a rerun takes about {ROOM / 1e9:.0f} GB",
            cure="make room, or name a folder elsewhere: --folder FOLDER",
        )
    store = folder / _STORE
    store.mkdir(exist_ok=True)
    inputs = sources.from_json((folder / sources.FILE).read_bytes())
    _lay_out(inputs, folder)
    mirrors = _mirrors(settings, folder)
    variables = surroundings(
        description,
        folder=folder,
        mirrors=mirrors,
        named=settings.variables,
        jobs=bool(settings.workflow),
        jax=settings.jax,
        say=say,
    )
    variables = around.variables(variables) | {"ERUMFLOW_PYTHON": around.python(variables["ERUMFLOW_PYTHON"])}
    _take_settings(settings.settings, folder / _SOURCE / _OWN_SETTINGS)
    if not (from_store := any(name.startswith(f"{_STORE}/") for name in description.members)):
        say("looking for the inputs")
        records = StoredRecords(store, description.study)
        sources.demand(inputs, mirrors, records.contents(), say, network=settings.network)

    def bash(script: str, *arguments: str, fixed: Sequence[str] = ()) -> int:
        command = around.command(
            ["bash", "--noprofile", "--norc", "-c", script, str(folder / _SOURCE), *arguments],
            folder,
            interpreter=variables["ERUMFLOW_PYTHON"],
            variables=variables,
            shown=settings.mirrors,
            written=(_SOURCE, _STORE, COMPILED),
            fixed=fixed,
        )
        return followed(command, folder / _SOURCE, variables, apart=bool(around.program))

    say(f"making the environment from the lock{' and the wheels inside' if (folder / _WHEELS).is_dir() else ''}")
    # what they print is progress: the table alone goes to the standard output
    if bash(_SETUP):
        raise PreservationError(
            "the environment could not be made; what went wrong is above",
            cure="mend it and start again in the same folder; with no network, ask for a capsule with wheels",
        )
    arguments = [*description.arguments, "--workers", str(settings.workers)]
    arguments += ["--workflow", settings.workflow] if settings.workflow else []
    arguments += ["--site", settings.site] if settings.site else []
    say(f"running {'from the records inside: ' if from_store else ''}law {' '.join(arguments)}")
    status = bash(_LAW, *arguments, fixed=(f"{_SOURCE}/.venv",))
    around.clear(folder)
    if status:
        raise PreservationError(
            f"the graph did not come to its end (law ends with {status}); what went wrong is above",
            cure="mend it and start again in the same folder: what is done is kept",
        )
    return store


def _check_offline(settings: Settings, folder: Path) -> None:
    """See that nothing is asked for that a sandbox would be in the way of.

    Raises:
        PreservationError: jobs, which run elsewhere; or packages, where they would have to come from a network.
    """
    if settings.workflow and (settings.container or not settings.network):
        raise PreservationError(
            f"jobs of {settings.workflow} run on other machines, where --no-network and --container hold nothing back",
            cure="leave out --workflow: steps run here then; or leave out --no-network and --container",
        )
    packages = (folder / _WHEELS).is_dir() or (folder / _SOURCE / ".venv").is_dir()
    if not settings.network and not packages:
        raise PreservationError(
            "the packages of the lock come from a registry, which --no-network keeps out of reach; nothing was run",
            cure="ask for a capsule that brings them (PreserveStudy --with-wheels), or leave out --no-network: "
            "--container alone shows a rerun with network nothing of yours",
        )


def _lay_out(inputs: Sequence[sources.Input], folder: Path) -> None:
    """Put files that lie in the capsule, in the study's package, where copies are looked for; addresses may be old."""
    named = Counter(one.mirror for one in inputs)
    for one in inputs:
        place, member = folder / _DATA / one.mirror, folder / one.address
        # no name takes it out of the folder, and of two files that would be in one place each is where it was
        inside = all(not path.is_absolute() and ".." not in path.parts for path in map(Path, (one.mirror, one.address)))
        if one.is_inside and inside and named[one.mirror] == 1 and member.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(os.path.relpath(member, place.parent))


def _mirrors(settings: Settings, folder: Path) -> tuple[Path, ...]:
    """Folders with copies: the capsule's own, whose files have been checked, before others."""
    own = folder / _DATA
    return (*((own,) if own.is_dir() else ()), *settings.mirrors)


def _take_settings(file: Path | None, place: Path) -> None:
    """Write a file's sections on sites and jobs beside the capsule's own settings."""
    text = ""
    if file is not None:
        if not file.is_file():
            raise PreservationError(
                f"there is no file {file} with settings", cure="name one that exists: --settings FILE"
            )
        try:
            text = sections_of(file, _SECTIONS)
        except (configparser.Error, UnicodeDecodeError) as error:
            raise PreservationError(
                f"the settings in {file} cannot be read: {error}",
                cure="mend it; docs/clusters.md says how sites are told",
            ) from None
        if not text:
            raise PreservationError(
                f"{file} describes no site", cure="it needs a section [site_NAME]: docs/clusters.md"
            )
    # what a rerun has put there in the meantime is no place to write to
    place.unlink(missing_ok=True)
    place.write_text(f"{text}\n", encoding="utf-8")
