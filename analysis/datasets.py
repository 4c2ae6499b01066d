"""Inputs of a study: its data sets, their locations, and published numbers that it compares itself with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from analysis.errors import StudyError
from analysis.step import PRESENTATION, Step

__all__ = ["Dataset", "PackageFile", "Publication", "Schema", "SourceFile"]


@dataclass(frozen=True)
class SourceFile:
    """One public file of events.

    Args:
        name: file name, unique in its data set.
        url: public address.
        sha256: digest of the content, in hexadecimal.
        size: number of bytes; ``None`` if it is not known beforehand (the digest decides then).
        events: number of events in it.
        mirror: place relative to a mirror folder.
    """

    name: str
    url: str = field(metadata=PRESENTATION)
    sha256: str
    size: int | None
    events: int
    mirror: str = field(metadata=PRESENTATION)


@dataclass(frozen=True)
class PackageFile:
    """One file of data that comes inside an installed package.

    Args:
        package: name of the distribution and of the module that it installs.
        version: of the distribution.
        path: of the file inside the package, with ``/``.
        sha256: digest of the content, in hexadecimal.
        size: number of bytes.
    """

    package: str
    version: str = field(metadata=PRESENTATION)
    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Publication:
    """Published numbers that a study compares itself with.

    Args:
        name: short name.
        title: for people; may hold LaTeX.
        files: where the numbers are.
        licence: SPDX name.
        doi: of the publication.
        citation: how to cite.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    files: tuple[PackageFile, ...]
    licence: str = field(default="", metadata=PRESENTATION)
    doi: str = field(default="", metadata=PRESENTATION)
    citation: str = field(default="", metadata=PRESENTATION)


@dataclass(frozen=True)
class Schema:
    """The tree and the branches that are read from a file of events.

    Args:
        tree: name of the tree.
        branches: names of the branches to read.
        missing: fields in which ``missing_value`` means "there is none"; they become missing values at reading.
        missing_value: the number that stands for a missing value in the file.

    Raises:
        StudyError: a branch is named twice, or ``identity``, which every event gets when it is read; a missing field is
            none of the branches.
    """

    tree: str
    branches: tuple[str, ...]
    missing: tuple[str, ...] = ()
    missing_value: float = -999.0

    def __post_init__(self) -> None:
        # a record with two fields of one name could be written, but not read
        if "identity" in self.branches:
            raise StudyError(
                f"the schema of the tree {self.tree!r} reads the branch 'identity', which is what this framework calls "
                "the number that it gives to each event",
                cure="leave this branch out; events are told apart without it",
            )
        if twice := sorted({name for name in self.branches if self.branches.count(name) > 1}):
            raise StudyError(
                f"the schema of the tree {self.tree!r} reads the branch {twice[0]!r} twice", cure="name it once"
            )
        if unknown := [name for name in self.missing if name not in self.branches]:
            raise StudyError(
                f"the schema of the tree {self.tree!r} has the missing field {unknown[0]!r}, which is no branch of it",
                cure=f"use some of: {', '.join(self.branches)}",
            )


@dataclass(frozen=True)
class Dataset:
    """Events of one physical process (simulated) or of one run period (measured).

    Events are in public files (``files`` and ``schema``), or the study simulates them itself (``generate``,
    ``simulate`` and ``generated``).

    Args:
        name: short name, used on the command line and in the store.
        title: for people; may hold LaTeX.
        kind: ``"measured"`` or ``"simulated"``.
        files: where the events are, in the order in which events are numbered.
        schema: what to read from them.
        generate: ``f(identity: NDArray[uint64], settings) -> ak.Array``: the truth of events, one record an identity,
            with the field ``identity``. An event depends on its identity and on nothing else.
        simulate: ``f(truth: ak.Array, settings) -> ak.Array``: what the detector sends of them, for those that it
            recorded, with the field ``identity`` and without any truth.
        cross_section: in pb; simulated data sets only.
        generated: number of generated events before any selection; simulated data sets only.
        luminosity: integrated luminosity in 1/fb; measured data sets only.
        licence: SPDX name.
        doi: of the original publication of the data.
        citation: how to cite.
        purpose: what it serves, such as ``"calibration"``; stages and ``--datasets`` can ask for all data sets of a
            purpose. Without one, it is an analysis's own: one of the ``simulated`` or ``measured`` ones.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    kind: Literal["measured", "simulated"]
    files: tuple[SourceFile, ...] = ()
    schema: Schema | None = None
    generate: Step | None = None
    simulate: Step | None = None
    cross_section: float | None = None
    generated: int | None = None
    luminosity: float | None = None
    licence: str = field(default="", metadata=PRESENTATION)
    doi: str = field(default="", metadata=PRESENTATION)
    citation: str = field(default="", metadata=PRESENTATION)
    purpose: str = field(default="", metadata=PRESENTATION)

    @property
    def events(self) -> int:
        """Number of events: of all files, or of those that the study generates itself."""
        return sum(file.events for file in self.files) if self.generate is None else self.generated or 0

    @property
    def weight_per_fb(self) -> float:
        """Expected events per generated event for 1/fb: cross section / generated events; 1 for measured events."""
        if self.kind == "measured":
            return 1.0
        if self.cross_section is None or not self.generated:
            raise StudyError(f"the simulated data set {self.name!r} has no cross section or number of generated events")
        return self.cross_section * 1000.0 / self.generated

    def with_events(self, generated: int) -> Dataset:
        """The same data set with another number of events that the study generates itself."""
        return replace(self, generated=generated)

    def without_normalisation(self) -> Dataset:
        """The same data set without cross section and luminosity, for steps that must not depend on them."""
        return replace(self, cross_section=None, generated=None, luminosity=None)

    def without_origin(self) -> Dataset:
        """The same data set without what makes its events, for steps that get these: their key says it already."""
        return replace(self, generate=None, simulate=None)
