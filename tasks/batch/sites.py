"""Sites: named batch systems with their resources and habits, from law.cfg's sections ``[site_NAME]``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from law.config import Config

from analysis.errors import BatchError
from analysis.variables import taken_over
from tasks.batch.resources import Resources, configured, unknown_option
from tasks.batch.systems.system import BatchSystem
from tasks.framework.settings import base_folder

__all__ = ["Site", "System", "batch_system", "site_named", "site_names"]

System = Literal["local", "htcondor", "slurm"]
Environment = Literal["shared", "bundle"]


@dataclass(frozen=True)
class Site:
    """A named batch system.

    Args:
        name: of the section, without ``site_``.
        system: ``local`` (processes of this machine), ``htcondor`` or ``slurm``.
        pool: HTCondor: address of the central manager, if it is not the default one.
        schedd: HTCondor: name of the scheduler to submit to, if it is not the default one.
        partition: Slurm: partitions, as ``sbatch --partition`` takes them.
        qos: Slurm: quality of service.
        account: who is charged: Slurm's account, HTCondor's accounting group.
        environment: ``shared``: workers see the project's folder and its setup.sh; ``bundle``: code and lock travel
            with the job, and a worker makes the environment itself.
        container: image that jobs run in: HTCondor's container universe; else the apptainer command.
        container_options: options of the apptainer command, such as binds.
        prepare: shell lines that a worker runs before anything else, such as ``module load python``.
        scratch: folder on the worker for files that need not last; variables are the worker's.
        first_poll: seconds between the first queries after a submission.
        last_poll: seconds between queries in the long run.
        logs: folder for logs and job descriptions on the submitting side; relative to the project's folder.
        resources: what a job asks for unless its task or law.cfg says otherwise; in law.cfg the options ``cpus``,
            ``memory`` (MB), ``disk`` (MB), ``runtime`` (s) and ``gpus``.
        submit_lines: more lines for HTCondor's description, or more options of sbatch, one a line.
        variables: names of environment variables that jobs take over from the submitting shell.
        command_prefix: what commands of the batch system begin with, such as ``ssh login.cluster``.
        slots: local: processor cores that jobs may use together; 0 for all of the machine.
        timeout: seconds after which a command of the batch system counts as unanswered.
    """

    name: str
    system: System = "local"
    pool: str = ""
    schedd: str = ""
    partition: str = ""
    qos: str = ""
    account: str = ""
    environment: Environment = "shared"
    container: str = ""
    container_options: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    scratch: str = "${TMPDIR:-/tmp}"
    first_poll: float = 1.0
    last_poll: float = 30.0
    logs: Path = Path("jobs")
    resources: Resources = field(default_factory=Resources)
    submit_lines: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    command_prefix: tuple[str, ...] = ()
    slots: int = 0
    timeout: float = 60.0

    def __post_init__(self) -> None:
        where = f"site {self.name!r}"
        for option, choices in (("system", get_args(System)), ("environment", get_args(Environment))):
            if getattr(self, option) not in choices:
                raise BatchError(
                    f"{where}: {option} = {getattr(self, option)!r} is none of {', '.join(choices)}",
                    cure=f"write one of them into law_user.cfg, [site_{self.name}]",
                )
        for option in ("first_poll", "last_poll", "timeout"):
            if not getattr(self, option) > 0:
                raise BatchError(f"{where}: {option} = {getattr(self, option)} s", cure="give a time above 0 s")
        if self.last_poll < self.first_poll:
            raise BatchError(
                f"{where}: last_poll = {self.last_poll:g} s is shorter than first_poll = {self.first_poll:g} s",
                cure="the time between queries grows from first_poll to last_poll",
            )
        if self.slots < 0:
            raise BatchError(f"{where}: slots = {self.slots}", cure="0 is for all cores of this machine")
        for option, systems in _ONLY_FOR.items():
            if getattr(self, option) and self.system not in systems:
                raise BatchError(
                    f"{where}: {option} says nothing to {self.system}, only to {' and '.join(systems)}",
                    cure=f"take {option} out of [site_{self.name}]",
                )

    def taken_over(self) -> dict[str, str]:
        """The environment variables that jobs take over from this process; those that are not set are left out."""
        return taken_over(self.variables)


# an option for another batch system is a mistake somebody should hear of, not silently without effect
_ONLY_FOR: dict[str, tuple[System, ...]] = {
    "pool": ("htcondor",),
    "schedd": ("htcondor",),
    "partition": ("slurm",),
    "qos": ("slurm",),
    "account": ("htcondor", "slurm"),
    "submit_lines": ("htcondor", "slurm"),
    "command_prefix": ("htcondor", "slurm"),
    "slots": ("local",),
}

_RESOURCES = {option.name for option in fields(Resources)}
_SECTION = "site_"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(shlex.split(text))


def _folder(text: str) -> Path:
    return base_folder() / os.path.expandvars(os.path.expanduser(text))


# what a worker is to understand (scratch, prepare, container) is left as written: its variables are the worker's
_READERS: dict[str, Callable[[str], Any]] = {
    "container_options": _words,
    "prepare": _lines,
    "first_poll": float,
    "last_poll": float,
    "logs": _folder,
    "submit_lines": _lines,
    "variables": _names,
    "command_prefix": _words,
    "slots": int,
    "timeout": float,
}


def site_names() -> tuple[str, ...]:
    """Names of all sites that law.cfg and law_user.cfg know."""
    return tuple(name.removeprefix(_SECTION) for name in Config.instance().sections() if name.startswith(_SECTION))


def site_named(name: str) -> Site:
    """The site of that name.

    Raises:
        BatchError: there is none, or an option of its section is unknown or has a value that cannot be.
    """
    if name not in site_names():
        raise BatchError(
            f"there is no site {name!r}; known sites: {', '.join(sorted(site_names()))}",
            cure=f"describe it in law_user.cfg, section [site_{name}]; docs/clusters.md says how",
        )
    where = f"law.cfg [{_SECTION}{name}]"
    options = {option.name for option in fields(Site)} - {"name", "resources"}
    values: dict[str, Any] = {"logs": _folder("jobs")}
    numbers: dict[str, str] = {}
    for option, text in configured(_SECTION + name).items():
        if option in _RESOURCES:
            numbers[option] = text
        elif option not in options:
            raise unknown_option(option, where, options | _RESOURCES)
        elif text.strip() or option not in _READERS:
            values[option] = _read(option, text.strip(), where)
    return Site(name, resources=Resources().updated(numbers, where=where), **values)


def _read(option: str, text: str, where: str) -> Any:
    reader = _READERS.get(option, str)
    try:
        return reader(text)
    except ValueError as error:
        wanted = (
            "a whole number" if reader is int else "a number of seconds" if reader is float else "words as in a shell"
        )
        raise BatchError(f"{where}: {option} = {text!r} cannot be: {error}", cure=f"write {wanted}") from None


def batch_system(site: Site) -> BatchSystem:
    """The batch system of a site; nothing is asked of it yet."""
    if site.system == "htcondor":
        from tasks.batch.systems.htcondor import HTCondor

        return HTCondor(site)
    if site.system == "slurm":
        from tasks.batch.systems.slurm import Slurm

        return Slurm(site)
    from tasks.batch.systems.local import Local

    return Local(site)
