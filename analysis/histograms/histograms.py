"""Histograms of a study's variables, by process, region and systematic shift."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hist
import numpy as np
import uhi.io.zip
from numpy.typing import NDArray
from uhi.io import from_sparse, remove_writer_info, to_sparse

from analysis.errors import DataError, StudyError
from analysis.histograms.counts import Counts, merge_counts
from analysis.histograms.sums import add

__all__ = ["Histograms", "merge", "new_histogram"]

Array = NDArray[np.float64]

CATEGORIES = ("process", "region", "shift")

# a file's bytes must not tell when it was written
_DATE = (1980, 1, 1, 0, 0, 0)
_REST, _COUNTS = "~rest", "~counts"
_SEED = "~seed"  # and its number, from 1


@dataclass(frozen=True, eq=False)
class Histograms:
    """Sums of weights and of their squares.

    Sums of chunks are independent of the chunks, to the last bit: see :mod:`analysis.histograms.sums`.

    Args:
        hists: by variable; axes ``process``, ``region``, ``shift`` (text, ascending) and one of the variable's name,
            which has flow bins if what lies outside belongs to the first and the last bin. Storage: weights.
        rests: by variable, what float64 could not hold of the sums of weights and of squares: (2, p, r, s, b), with
            flow bins.
        counts: numbers of nominal events beside; empty where nobody counted, as in older files.
        by_seed: the same of the variables that depend on networks' scores, filled with those of each seed's networks
            alone; empty where nobody asked.
    """

    hists: Mapping[str, hist.Hist]
    rests: Mapping[str, Array]
    counts: Counts = field(default_factory=Counts)
    by_seed: tuple[Histograms, ...] = ()
    _opened: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def of_seed(self, seed: int) -> Histograms:
        """All variables, those that depend on scores as the networks of one seed alone have them."""
        own = self.by_seed[seed]
        return Histograms({**self.hists, **own.hists}, {**self.rests, **own.rests}, self.counts)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, ascending."""
        return tuple(sorted(self.hists))

    @property
    def processes(self) -> tuple[str, ...]:
        """Names of the processes, ascending."""
        return self._categories("process")

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, ascending; a variable need not be filled in all of them."""
        return self._categories("region")

    @property
    def shifts(self) -> tuple[str, ...]:
        """Names of the shifts, ascending."""
        return self._categories("shift")

    def edges(self, variable: str) -> Array:
        """The b + 1 edges of a variable's bins.

        Raises:
            StudyError: there is no such variable; the message lists the known ones.
        """
        return np.asarray(self._hist(variable).axes[3].edges)

    def content(self, variable: str, process: str, region: str, shift: str) -> tuple[Array, Array]:
        """Return the sums of the weights and of their squares: (b,) and (b,); zeros in a category without events.

        What lies below and above is in the first and the last bin, if the variable counts it at all.

        Raises:
            StudyError: there is no such variable, or it was not filled for such a process, region or shift; the message
                lists the known ones.
        """
        if variable not in self._opened:
            histogram = self._hist(variable)  # models ask thousands of times, and hist takes its time to answer
            self._opened[variable] = _sums(histogram), histogram.axes[3].size, _description(histogram)[2]
        sums, bins, categories = self._opened[variable]
        for name, axis, known in zip((process, region, shift), CATEGORIES, categories, strict=True):
            if name not in known:
                raise StudyError(
                    f"the variable {variable!r} is not filled for the {axis} {name!r}",
                    cure=f"use one of: {', '.join(known)}" if known else f"no {axis} was filled at all",
                )
        own = sums[:, categories[0].index(process), categories[1].index(region), categories[2].index(shift)]
        return _folded(own[0], bins), _folded(own[1], bins)

    def scaled(self, factors: Mapping[str, float]) -> Histograms:
        """The same with processes multiplied; a sum of squares by the square of the factor.

        Args:
            factors: by process; all others stay as they are.

        Raises:
            DataError: there is no such process; the message lists the known ones.
        """
        if unknown := sorted(set(factors) - set(self.processes)):
            raise DataError(
                f"no histogram is filled for the process {unknown[0]!r}",
                cure=f"use some of: {', '.join(self.processes)}",
            )
        hists, rests = {}, {}
        for name, histogram in self.hists.items():
            scale = np.array([factors.get(process, 1.0) for process in histogram.axes[0]])
            scale = np.stack([scale, scale**2])[..., None, None, None]
            hists[name] = new_histogram(name, *_description(histogram), sums=_sums(histogram) * scale)
            rests[name] = self.rests[name] * scale
        by_seed = tuple(one.scaled({p: f for p, f in factors.items() if p in one.processes}) for one in self.by_seed)
        return Histograms(hists, rests, self.counts, by_seed)

    def __add__(self, other: Histograms) -> Histograms:
        return merge((self, other))

    def save(self, path: Path) -> None:
        """Write a zip archive as :mod:`uhi.io.zip` does, of sparse histograms; the same content gives the same bytes.

        Args:
            path: written in place, so give a temporary name and rename it afterwards.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for seed, histograms in enumerate((self, *self.by_seed)):
                for name, histogram in histograms.hists.items():
                    kept = f"{name}{_SEED}{seed}" if seed else name
                    uhi.io.zip.write(archive, kept, _with_sums(histogram, _sums(histogram)))
                    uhi.io.zip.write(archive, kept + _REST, _with_sums(histogram, histograms.rests[name]))
        # uhi's order of the files is that of a set, and its dates are today's; nor are compressed bytes the same with
        # every version of zlib
        with zipfile.ZipFile(buffer) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as final:
            for name in sorted(archive.namelist()):
                final.writestr(zipfile.ZipInfo(name, _DATE), archive.read(name))
            if self.counts:
                final.writestr(zipfile.ZipInfo(_COUNTS, _DATE), self.counts.to_json())

    @classmethod
    def load(cls, path: Path) -> Histograms:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: the file does not exist or is damaged.
        """
        if not Path(path).is_file():
            raise DataError(f"the file {path} does not exist", cure="run the task that makes it again")
        found: dict[int, tuple[dict[str, hist.Hist], dict[str, Array]]] = {0: ({}, {})}
        counts = Counts()
        try:
            with zipfile.ZipFile(path) as archive:
                stored = [name.removesuffix(".json") for name in archive.namelist() if name.endswith(".json")]
                for kept in (name for name in stored if not name.endswith(_REST)):
                    name, _, seed = kept.partition(_SEED)
                    described, sums = _read(archive, kept)
                    hists, rests = found.setdefault(int(seed or 0), ({}, {}))
                    hists[name] = new_histogram(name, *described, sums=sums)
                    rests[name] = _read(archive, kept + _REST)[1]
                if _COUNTS in archive.namelist():
                    counts = Counts.from_json(archive.read(_COUNTS).decode())
        except (zipfile.BadZipFile, LookupError, ValueError, TypeError, OSError) as error:
            raise DataError(
                f"{path} is damaged ({str(error).splitlines()[0]})",
                cure="delete it and run the task that makes it again",
            ) from error
        own, *by_seed = (cls(*found[seed]) for seed in sorted(found))
        return cls(own.hists, own.rests, counts, tuple(by_seed))

    def _hist(self, variable: str) -> hist.Hist:
        if variable not in self.hists:
            raise StudyError(
                f"no histogram of the variable {variable!r} is filled", cure=f"use one of: {', '.join(self.variables)}"
            )
        return self.hists[variable]

    def _categories(self, axis: str) -> tuple[str, ...]:
        return tuple(sorted({name for histogram in self.hists.values() for name in histogram.axes[axis]}))


def merge(parts: Iterable[Histograms]) -> Histograms:
    """The sum of histograms, with all their variables and categories; their order makes no difference.

    Raises:
        DataError: a variable has different edges in two of them, or they are of different numbers of seeds.
    """
    parts = list(parts)
    if len(seeds := {len(part.by_seed) for part in parts}) > 1:
        raise DataError(
            f"histograms of different numbers of seeds cannot be added: {', '.join(map(str, sorted(seeds)))}",
            cure="fill them with scores of the same networks",
        )
    hists, rests = {}, {}
    for name in sorted({name for part in parts for name in part.hists}):
        having = [part for part in parts if name in part.hists]
        hists[name], rests[name] = _merged(name, [(part.hists[name], part.rests[name]) for part in having])
    by_seed = tuple(map(merge, zip(*(part.by_seed for part in parts), strict=True)))
    return Histograms(hists, rests, merge_counts(part.counts for part in parts), by_seed)


def new_histogram(
    name: str,
    edges: Sequence[float] | Array,
    flow: bool,
    categories: tuple[Sequence[str], Sequence[str], Sequence[str]],
    *,
    sums: Array,
) -> hist.Hist:
    """A histogram of weights.

    Args:
        name: of the variable.
        edges: of the b bins.
        flow: whether it counts what lies outside, in two more bins.
        categories: names of p processes, r regions and s shifts, each ascending.
        sums: of weights and of squares: (2, p, r, s, b), with b + 2 in place of b if there are flow bins.
    """
    axes = [
        # one that cannot grow must not be empty; neither kind has a flow bin
        hist.axis.StrCategory(list(names), name=axis, growth=not len(names), overflow=False)
        for axis, names in zip(CATEGORIES, categories, strict=True)
    ]
    variable = hist.axis.Variable(list(edges), name=name, flow=flow)
    histogram = hist.Hist(*axes, variable, storage=hist.storage.Weight())
    view: Any = histogram.view(flow=True)
    view["value"], view["variance"] = sums
    return histogram


def _merged(name: str, parts: list[tuple[hist.Hist, Array]]) -> tuple[hist.Hist, Array]:
    edges, flow, _ = _description(parts[0][0])
    for histogram, _ in parts:
        other, other_flow, _ = _description(histogram)
        if not np.array_equal(other, edges) or other_flow != flow:
            raise DataError(
                f"histograms of {name!r} have different bins and cannot be added: {list(edges)} and {list(other)}",
                cure="fill them with the same study",
            )
    found = [_description(histogram)[2] for histogram, _ in parts]
    categories = [sorted({category for names in found for category in names[axis]}) for axis in range(3)]
    shape = (2, *(len(names) for names in categories), len(edges) - 1 + 2 * flow)
    sums, rest = np.zeros(shape), np.zeros(shape)
    for (histogram, lacking), own in zip(parts, found, strict=True):
        places = [[all_names.index(n) for n in names] for all_names, names in zip(categories, own, strict=True)]
        block = np.ix_((0, 1), *places, range(shape[-1]))
        sums[block], rest[block] = add((sums[block], rest[block]), (_sums(histogram), lacking))
    return new_histogram(name, edges, flow, (categories[0], categories[1], categories[2]), sums=sums), rest


def _description(histogram: hist.Hist) -> tuple[Array, bool, tuple[list[str], list[str], list[str]]]:
    """Edges, whether there are flow bins, and categories."""
    processes, regions, shifts = ([str(name) for name in axis] for axis in histogram.axes[:3])
    axis = histogram.axes[3]
    return np.asarray(axis.edges), bool(axis.traits.overflow), (processes, regions, shifts)


def _sums(histogram: hist.Hist) -> Array:
    view: Any = histogram.view(flow=True)
    return np.stack([view["value"], view["variance"]])


def _folded(sums: Array, bins: int) -> Array:
    if len(sums) == bins:
        return sums.copy()
    inner = sums[1:-1].copy()
    inner[0] += sums[0]
    inner[-1] += sums[-1]
    return inner


def _with_sums(histogram: hist.Hist, sums: Array) -> Any:
    """The histogram in uhi's representation with these sums; without versions of libraries, which are not content."""
    described: Any = remove_writer_info(histogram._to_uhi_(), library=None)
    storage = {"type": described["storage"]["type"], "values": sums[0], "variances": sums[1]}
    return to_sparse({**described, "storage": storage})


def _read(archive: zipfile.ZipFile, name: str) -> tuple[Any, Array]:
    described: Any = from_sparse(uhi.io.zip.read(archive, name))
    *categories, variable = described["axes"]
    sums = np.stack([described["storage"]["values"], described["storage"]["variances"]])
    return (variable["edges"], variable["overflow"], tuple(axis["categories"] for axis in categories)), sums
