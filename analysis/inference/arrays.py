"""A HistFactory likelihood as arrays: what depends on the workspace's numbers, but not on a program.

All modifiers of one kind are applied by one operation: a table says for each sample and channel (or bin) which values
are multiplied. The tables have to do with shapes only, so likelihoods of one shape share their compiled programs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.inference.interpolation import Array, factor_coefficients
from analysis.inference.parameters import ParameterSet
from analysis.inference.positivity import may_be_negative
from analysis.inference.specification import Specification

__all__ = ["Arrays", "make_arrays"]


class Arrays(NamedTuple):
    """The likelihood of p parameters, s samples, c channels and n bins.

    "Values" are what samples are multiplied by: the p parameters, the e distinct factors of ``normsys``, and 1.
    Further factors that nothing is multiplied by bring e to one of few numbers: histograms of other events have other
    numbers of distinct factors, and their fits share a program all the same.

    Attributes:
        nominal: expected events, (s, n).
        channel: of a bin, (n,).
        guarded: 1 for bins whose expectation may become negative, (n,).
        histo_parameter: of the h distinct ``histosys``, (h,).
        histo_half: (up - down) / 2, (h, s, n).
        histo_kink: (up - 2 nominal + down) / 16, (h, s, n).
        norm_parameter: of the distinct factors, (e,).
        norm_coefficients: of their polynomials, (6, e).
        norm_log_low: logarithm at -1, (e,).
        norm_log_high: logarithm at +1, (e,).
        block_values: which values multiply a sample in a channel, (s, c, a power of two).
        cell_values: which values multiply a sample in a bin, (s, n, a power of two).
        wide_parameter: the w parameters that act on several bins, (w,): those of ``histosys`` in the order of
            ``histo_parameter``, then elements of vectors, then the others.
        wide_value: which value depends on such a parameter in a sample and channel, (w, s, c).
        several_cells: where the m elements of vectors among them act, 0 or 1, (m, s, n).
        single_parameter: up to q parameters that act on this bin only, (q, n); p where there are fewer.
        single_cells: the samples that they act on, 0 or 1, (q, s, n).
        order: where a parameter is among those of ``wide_parameter``, followed by ``single``, (p,).
        single: the parameters that act on one bin, (k,).
        single_place: their places in the flattened ``single_parameter``, (k,).
        single_bin: their bins, (k,).
        normal: 1 for parameters with a normal constraint, (p,).
        poisson: 1 for those with a Poisson constraint, (p,).
        auxiliary_index: their auxiliary measurement, (p,); 0 without.
        width: of normal constraints, (p,); 1 without.
        factor: of Poisson constraints, (p,); 1 without.
        constrained: the parameters with a constraint, in the order of the auxiliary measurements, (a,).
    """

    nominal: Array
    channel: Array
    guarded: Array
    histo_parameter: Array
    histo_half: Array
    histo_kink: Array
    norm_parameter: Array
    norm_coefficients: Array
    norm_log_low: Array
    norm_log_high: Array
    block_values: Array
    cell_values: Array
    wide_parameter: Array
    wide_value: Array
    several_cells: Array
    single_parameter: Array
    single_cells: Array
    order: Array
    single: Array
    single_place: Array
    single_bin: Array
    normal: Array
    poisson: Array
    auxiliary_index: Array
    width: Array
    factor: Array
    constrained: Array


def make_arrays(specification: Specification, sets: tuple[ParameterSet, ...]) -> Arrays:
    """The arrays of a likelihood.

    Args:
        specification: of the workspace.
        sets: its parameters.
    """
    first, count = {}, 0
    for each in sets:
        first[each.name] = count
        count += len(each.start)
    samples, bins = specification.nominal.shape
    channels = len(specification.channels)
    histo = _histograms(specification, first)
    norms = sorted({(e.name, e.data["lo"], e.data["hi"]) for e in specification.effects if e.type == "normsys"})
    one = count + _rounded(len(norms))
    blocks: dict[tuple[int, int], list[int]] = {}
    cells: dict[tuple[int, int], list[int]] = {}
    vectors = {each.name: each for each in sets if not each.scalar}
    for effect in specification.effects:
        place = effect.block.sample, effect.block.channel
        if effect.type in ("normfactor", "lumi"):
            blocks.setdefault(place, []).append(first[effect.name])
        elif effect.type == "normsys":
            entry = norms.index((effect.name, effect.data["lo"], effect.data["hi"]))
            blocks.setdefault(place, []).append(count + entry)
        elif effect.type == "shapefactor":
            # shared bin by bin, whatever the channel
            for i, b in enumerate(range(effect.block.bins.start, effect.block.bins.stop)):
                cells.setdefault((effect.block.sample, b), []).append(first[effect.name] + i)
        elif effect.type in ("shapesys", "staterror"):
            known = vectors[effect.name].bins
            for b in range(effect.block.bins.start, effect.block.bins.stop):
                cells.setdefault((effect.block.sample, b), []).append(first[effect.name] + known.index(b))
    acts: dict[int, set[int]] = {}
    for (_, b), parameters in cells.items():
        for parameter in parameters:
            acts.setdefault(parameter, set()).add(b)
    single = np.array(sorted(p for p, where in acts.items() if len(where) == 1), np.int32)
    several = sorted(p for p, where in acts.items() if len(where) > 1)
    front = [*histo[0].tolist(), *several]
    wide = np.array([*front, *sorted(set(range(count)) - {*front, *single.tolist()})], np.int32)
    owner = {**{p: p for p in range(count)}, **{count + i: first[name] for i, (name, _, _) in enumerate(norms)}}
    position = {p: i for i, p in enumerate(wide.tolist())}
    wide_value = np.full((len(wide), samples, channels), one, np.int32)
    for (s, c), values in blocks.items():
        for value in values:
            wide_value[position[owner[value]], s, c] = value
    several_cells = np.zeros((len(several), samples, bins))
    for (s, b), parameters in cells.items():
        for parameter in parameters:
            if parameter in several:
                several_cells[several.index(parameter), s, b] = 1.0
    single_parameter, single_cells, single_place, single_bin = _singles(single, acts, cells, samples, bins, count)
    order = np.argsort(np.concatenate([wide, single])).astype(np.int32)
    factors = np.ones((2, _rounded(len(norms))))
    factors[:, : len(norms)] = np.array([n[1:] for n in norms]).reshape(-1, 2).T
    norm_parameter = np.zeros(factors.shape[1], np.int32)
    norm_parameter[: len(norms)] = [first[name] for name, _, _ in norms]
    return Arrays(
        nominal=specification.nominal,
        channel=specification.channel_of_bin,
        guarded=may_be_negative(specification, sets).astype(np.float64),
        histo_parameter=histo[0],
        histo_half=histo[1],
        histo_kink=histo[2],
        norm_parameter=norm_parameter,
        norm_coefficients=factor_coefficients(*factors),
        norm_log_low=np.log(factors[0]),
        norm_log_high=np.log(factors[1]),
        block_values=_table(blocks, (samples, channels), one),
        cell_values=_table(cells, (samples, bins), one),
        wide_parameter=wide,
        wide_value=wide_value,
        several_cells=several_cells,
        single_parameter=single_parameter,
        single_cells=single_cells,
        order=order,
        single=single,
        single_place=single_place,
        single_bin=single_bin,
        **_constraints(sets, first, count),
    )


def _histograms(specification: Specification, first: dict[str, int]) -> tuple[Array, Array, Array]:
    effects = [effect for effect in specification.effects if effect.type == "histosys"]
    names = sorted({effect.name for effect in effects})
    half, kink = np.zeros((2, len(names), *specification.nominal.shape))
    for effect in effects:
        place = names.index(effect.name), effect.block.sample, effect.block.bins
        nominal = specification.nominal[place[1:]]
        up, down = effect.data["hi_data"] - nominal, nominal - effect.data["lo_data"]
        half[place], kink[place] = 0.5 * (up + down), 0.0625 * (up - down)
    return np.array([first[name] for name in names], np.int32), half, kink


def _rounded(number: int) -> int:
    """The least of 0, 6, 12, 24 and so on that is not less."""
    return min(number, 6) and 6 << max((number - 1) // 6, 0).bit_length()


def _table(values: dict[tuple[int, int], list[int]], shape: tuple[int, int], one: int) -> NDArray[np.int32]:
    most = max((len(entries) for entries in values.values()), default=1)
    table = np.full((*shape, 1 << (most - 1).bit_length()), one, np.int32)
    for place, entries in values.items():
        table[place][: len(entries)] = entries
    return table


def _singles(
    single: NDArray[np.int32],
    acts: dict[int, set[int]],
    cells: dict[tuple[int, int], list[int]],
    samples: int,
    bins: int,
    count: int,
) -> tuple[Array, Array, Array, Array]:
    """Parameters of single bins, in rows such that no two of a bin share one."""
    of_bin: dict[int, list[int]] = {}
    for parameter in single.tolist():
        of_bin.setdefault(next(iter(acts[parameter])), []).append(parameter)
    rows = max((len(parameters) for parameters in of_bin.values()), default=0)
    table, mask = np.full((rows, bins), count, np.int32), np.zeros((rows, samples, bins))
    place = {}
    for b, parameters in of_bin.items():
        for row, parameter in enumerate(parameters):
            table[row, b] = parameter
            place[parameter] = row * bins + b, b
            for s in range(samples):
                mask[row, s, b] = float(parameter in cells.get((s, b), ()))
    places = np.array([place[p] for p in single.tolist()], np.int32).reshape(-1, 2)
    return table, mask, places[:, 0], places[:, 1]


def _constraints(sets: tuple[ParameterSet, ...], first: dict[str, int], count: int) -> dict[str, Array]:
    normal, poisson, width, factor = np.zeros(count), np.zeros(count), np.ones(count), np.ones(count)
    index = np.zeros(count, np.int32)
    constrained: list[int] = []
    for each in sets:
        place = slice(first[each.name], first[each.name] + len(each.start))
        if each.constraint == "none":
            continue
        index[place] = len(constrained) + np.arange(len(each.start))
        constrained += range(place.start, place.stop)
        if each.constraint == "normal":
            normal[place], width[place] = 1.0, each.sigmas
        else:
            poisson[place], factor[place] = 1.0, each.factors
    return {
        "normal": normal,
        "poisson": poisson,
        "auxiliary_index": index,
        "width": width,
        "factor": factor,
        "constrained": np.array(constrained, np.int32),
    }
