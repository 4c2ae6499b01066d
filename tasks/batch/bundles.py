"""Work of one job: a bundle of branches, described in a file that travels with the job."""

from __future__ import annotations

import itertools
import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import BatchError

__all__ = ["Branch", "Description", "divided", "new_name", "read_json", "write_json"]

FORMAT = 2


@dataclass(frozen=True)
class Branch:
    """One record that a job is to make.

    Args:
        number: of the branch in its workflow; -1 for a task that is no workflow.
        place: of the record in the store, so also its key.
        label: of the record in its place.
    """

    number: int
    place: str
    label: str

    @property
    def record(self) -> str:
        """The record among all of a store."""
        return f"{self.place}/{self.label}"

    def __str__(self) -> str:
        series = self.place.rpartition("/")[2].rpartition("-")[0]
        return f"{series} {self.label}".strip()


@dataclass(frozen=True)
class Description:
    """Information that a worker needs.

    Args:
        job: name of the job.
        module: that the task is defined in.
        family: of the task.
        parameters: of the task, as texts.
        branches: to run.
        cpus: processor cores of the job.
        at_once: how many branches side by side.
        keys: file with the parts of all keys that the branches depend on; beside this one unless absolute.
        report: file that the worker reports to where its folder is visible; it also stands in the job's log.
    """

    job: str
    module: str
    family: str
    parameters: Mapping[str, str]
    branches: tuple[Branch, ...]
    cpus: int
    at_once: int
    keys: str
    report: str

    def write(self, file: Path) -> None:
        """Write it to a file; it is there whole or not at all."""
        write_json(file, {"format": FORMAT, **asdict(self)})

    @classmethod
    def read(cls, file: Path) -> Description:
        """Read it back.

        Raises:
            BatchError: the file is not there any more, or is no description.
        """
        values = read_json(file)
        if values is None:
            raise BatchError(
                f"the job's description {file} is not there: the job was withdrawn after its submission",
                cure="nothing is to be done here: the command that submitted it knows",
            )
        if values.pop("format", None) != FORMAT:
            raise BatchError(f"{file} is no description of format {FORMAT}", cure="submit the job again")
        branches = tuple(Branch(**branch) for branch in values.pop("branches"))
        return cls(branches=branches, **values)


def divided(branches: Sequence[Branch], size: int) -> list[tuple[Branch, ...]]:
    """Branches in bundles of at most ``size``, as equal as can be.

    Examples:
        >>> branches = [Branch(number, "study/Task/default-0", f"events_{number}") for number in range(7)]
        >>> [[branch.number for branch in bundle] for bundle in divided(branches, 3)]
        [[0, 1, 2], [3, 4], [5, 6]]
    """
    bundles = -(-len(branches) // max(size, 1))
    bounds = [-(-i * len(branches) // bundles) for i in range(bundles + 1)] if bundles else []
    return [tuple(branches[start:stop]) for start, stop in itertools.pairwise(bounds)]


def new_name(family: str) -> str:
    """A name for a job that no job ever had."""
    return f"{family}-{uuid.uuid4().hex[:12]}"


def write_json(file: Path, value: Any) -> None:
    """Write a file that is there whole or not at all, also after a crash of the machine."""
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    with temporary.open("w", encoding="ascii") as stream:
        json.dump(value, stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, file)


def read_json(file: Path) -> dict[str, Any] | None:
    """The object in a file, ``None`` if there is no such file.

    Raises:
        BatchError: what is there is no JSON object.
    """
    try:
        value = json.loads(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BatchError(
            f"{file} is damaged: {error}", cure="delete it; running jobs are then not known any more"
        ) from error
    if not isinstance(value, dict):
        raise BatchError(f"{file} is damaged: no object", cure="delete it; running jobs are then not known any more")
    return value
