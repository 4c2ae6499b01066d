"""Resources that a job may use, and their sources: the site's defaults, the task's own numbers, law.cfg."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from law.config import Config

from analysis.errors import BatchError

__all__ = ["Resources", "configured", "resources_of", "unknown_option"]


@dataclass(frozen=True)
class Resources:
    """Resources that a job asks its batch system for.

    Args:
        cpus: processor cores.
        memory: main memory of the whole job, in MB.
        disk: space of its own on the worker, in MB.
        runtime: wall time, in s; the batch system ends what takes longer.
        gpus: graphics processors.

    Raises:
        BatchError: a number is negative, or zero where a job cannot do without.

    Examples:
        >>> Resources(memory=3000).with_more_memory().memory
        6000
        >>> Resources(cpus=0)
        Traceback (most recent call last):
        analysis.errors.BatchError: cpus = 0: a job needs at least 1 ...
    """

    cpus: int = 1
    memory: int = 2000
    disk: int = 1000
    runtime: int = 3600
    gpus: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name == "gpus" else 1
            if not isinstance(value, int) or isinstance(value, bool):
                raise BatchError(f"{field.name} = {value!r}: not a whole number", cure=f"write it as {field.default}")
            if value < least:
                raise BatchError(f"{field.name} = {value}: a job needs at least {least}", cure="give a larger number")

    def with_more_memory(self, factor: int = 2) -> Resources:
        """The same with more memory: for the next attempt after a job was killed for using too much."""
        return replace(self, memory=self.memory * factor)

    def updated(self, changes: Mapping[str, int | str], *, where: str) -> Resources:
        """The same with some numbers changed.

        Args:
            changes: by name; texts, such as law.cfg has, are read as whole numbers.
            where: they were found, for messages.

        Raises:
            BatchError: a name is unknown or a value is not a number that can be.
        """
        known = {field.name for field in fields(self)}
        numbers = {}
        for name, value in changes.items():
            if name not in known:
                raise unknown_option(name, where, known)
            try:
                numbers[name] = int(value)
            except (TypeError, ValueError):
                raise BatchError(
                    f"{where}: {name} = {value!r} is not a whole number",
                    cure="memory and disk are in MB, runtime is in s",
                ) from None
        try:
            return replace(self, **numbers)
        except BatchError as error:
            raise BatchError(f"{where}: {error.problem}", cure=error.cure) from None


def unknown_option(name: str, where: str, known: Iterable[str]) -> BatchError:
    """The error for an option that does not exist."""
    return BatchError(f"{where}: there is no option {name!r}", cure=f"known options: {', '.join(sorted(known))}")


def configured(section: str) -> dict[str, str]:
    """The options of a section of law.cfg as written; none if there is no such section."""
    config = Config.instance()
    if not config.has_section(section):
        return {}
    return {name: config.get(section, name) or "" for name in config.options(section, expand_vars=False)}


def resources_of(family: str, own: Mapping[str, int], site: Resources) -> Resources:
    """Return the resources that a job of a task asks for.

    Args:
        family: of the task; law.cfg's section ``[resources_FAMILY]`` has the last word.
        own: where the task differs from the site's defaults.
        site: the site's defaults.

    Raises:
        BatchError: a name is unknown or a value is not a number that can be; the message names the section.
    """
    section = f"resources_{family}"
    return site.updated(own, where=f"task {family}").updated(configured(section), where=f"law.cfg [{section}]")
