"""Data sets of a study: where their events come from, and how many are expected."""

from __future__ import annotations

import bisect
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field, replace
from itertools import accumulate
from typing import Literal

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.readers.choice import reader_of
from analysis.schema import Column, Schema
from analysis.source_files import PackageFile, Publication, SourceFile
from analysis.step import DIGEST, PRESENTATION, Step

__all__ = ["Column", "Dataset", "Friend", "PackageFile", "Publication", "Schema", "SourceFile"]


@dataclass(frozen=True)
class Friend:
    """More columns of a data set's events, from another tree or other files with the same events in the same order.

    Args:
        schema: what is read.
        files: where it is read from, with as many events in all as the data set has; empty for the data set's own
            files, of which another tree is read.
        read: reader of the files; see :class:`Dataset`.
        same: columns of the friend that must agree with the data set's columns of the same name, event by event, such
            as ``("run", "event")``; they are read once more, and appear once.
    """

    schema: Schema
    files: tuple[SourceFile, ...] = field(default=(), metadata=DIGEST)
    read: Step | None = None
    same: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Events of one physical process (simulated) or of one run period (measured).

    Events are in files (``files`` and ``schema``), or the study simulates them itself (``generate``, ``simulate`` and
    ``generated``).

    Args:
        name: short name, used on the command line and in the store.
        title: for people; may hold LaTeX.
        kind: ``"measured"`` or ``"simulated"``.
        files: where the events are, in the order in which events are numbered.
        schema: what to read from them; may be left out where ``read`` decides it.
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
        read: ``f(file, schema, start, stop, settings)``: reads a range of a file's events (:mod:`analysis.readers`);
            takes those of these arguments that it names. By default, the ending of the files' names decides.
        friends: more columns of the same events.
        in_place: whether files are read where they are, chunk by chunk, rather than copied into the store.
        hidden: whether inputs of networks are made without the generated truth of its events, as of measured ones; a
            simulation that stands for a measurement. Results and figures can still ask for the truth.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    kind: Literal["measured", "simulated"]
    files: tuple[SourceFile, ...] = field(default=(), metadata=DIGEST)
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
    _: KW_ONLY
    read: Step | None = None
    friends: tuple[Friend, ...] = ()
    in_place: bool = field(default=False, metadata=PRESENTATION)
    hidden: bool = field(default=False, metadata=PRESENTATION)

    @property
    def events(self) -> int:
        """Number of events: of all files, or of those that the study generates itself."""
        return sum(file.events for file in self.files) if self.generate is None else self.generated or 0

    @property
    def all_files(self) -> tuple[SourceFile, ...]:
        """The files, and those of friends."""
        return (*self.files, *(file for friend in self.friends for file in friend.files))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are declared, those of friends included."""
        schemas = [one for one in (self.schema, *(friend.schema for friend in self.friends)) if one is not None]
        return tuple(dict.fromkeys(name for schema in schemas for name in schema.names))

    def with_columns(self, names: Collection[str]) -> Dataset:
        """The data set of which no more columns are read than some, and those that friends are compared by.

        Raises:
            StudyError: it declares no such column.
        """
        if self.schema is None:
            return self
        known = (*self.columns, "identity")
        if lacking := [name for name in names if name not in known]:
            raise StudyError(
                f"the data set {self.name!r} has no column {lacking[0]!r}{did_you_mean(lacking[0], known)}",
                cure=f"use some of: {', '.join(known)}",
            )
        wanted = {*names, *(name for friend in self.friends for name in friend.same)}
        friends = tuple(replace(friend, schema=friend.schema.with_columns(wanted)) for friend in self.friends)
        return replace(self, schema=self.schema.with_columns(wanted), friends=friends)

    @property
    def reader(self) -> Step:
        """Reader of the files.

        Raises:
            StudyError: nothing is known to read files with such names.
        """
        return self.read or reader_of(self.files)

    @property
    def weight_per_fb(self) -> float:
        """Expected events per generated event for 1/fb: cross section / generated events; 1 for measured events."""
        if self.kind == "measured":
            return 1.0
        if self.cross_section is None or not self.generated:
            raise StudyError(f"the simulated data set {self.name!r} has no cross section or number of generated events")
        return self.cross_section * 1000.0 / self.generated

    def chunks(self, size: int) -> tuple[tuple[int, int], ...]:
        """Ranges of events of about a size: first event, and the first after it.

        They end where clusters of the files end, if these are known and not larger than one and a half chunks: what
        lies together is then read by one of them.
        """
        events, borders = self.events, self._borders()
        found, start = [], 0
        while True:
            stop = min(start + size, events)
            if borders and stop < events:
                near = bisect.bisect_right(borders, stop) - 1
                after = borders[near + 1] if near + 1 < len(borders) else events
                if borders[near] > start:
                    stop = borders[near]
                elif after - start <= 1.5 * size:
                    stop = after
            found.append((start, stop))
            if stop >= events:
                return tuple(found)
            start = stop

    def _borders(self) -> list[int]:
        """Numbers of events at which clusters and files begin; empty if no file has clusters."""
        if self.generate is not None or not any(file.clusters for file in self.files):
            return []
        starts = accumulate((file.events for file in self.files), initial=0)
        found: list[int] = []
        for offset, file in zip(starts, self.files, strict=False):
            borders = file.borders()
            found += [offset] if not borders or borders[0] else []
            found += [offset + border for border in borders]
        return found

    def with_events(self, generated: int) -> Dataset:
        """The same data set with another number of events that the study generates itself."""
        return replace(self, generated=generated)

    def without_normalisation(self) -> Dataset:
        """The same data set without cross section and luminosity, for steps that must not depend on them."""
        return replace(self, cross_section=None, generated=None, luminosity=None)

    def without_origin(self) -> Dataset:
        """The same data set without what makes its events, for steps that get these: their key says it already."""
        return replace(self, generate=None, simulate=None)
