"""The parameters of a HistFactory likelihood, their constraints and their order, by pyhf's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.inference.specification import Effect, Specification

__all__ = ["Parameter", "ParameterSet", "parameter_sets"]

Constraint = Literal["none", "normal", "poisson"]
# the order in which pyhf numbers parameters
_TYPES = ("histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror")


class Parameter(NamedTuple):
    """A parameter, one number.

    Attributes:
        name: ``"name"``, or ``"name[i]"`` for an element of a vector.
        start: where fits begin.
        lower: bound.
        upper: bound.
        fixed: not fitted.
        constraint: of the auxiliary measurement; ``"none"`` without.
        centre: of the constraint; ``None`` without.
        width: of the constraint, a standard deviation; ``None`` without.
    """

    name: str
    start: float
    lower: float
    upper: float
    fixed: bool
    constraint: Constraint
    centre: float | None
    width: float | None


@dataclass(frozen=True)
class ParameterSet:
    """The k parameters that modifiers of one name share.

    Args:
        name: of the modifiers.
        scalar: a single parameter without an index in its name.
        start: (k,).
        bounds: (k, 2).
        fixed: (k,).
        constraint: of all of them.
        auxiliary: measured values, (k,); empty without a constraint.
        sigmas: widths of normal constraints, (k,).
        factors: of Poisson constraints, (k,): the auxiliary measurement expects factor times parameter.
        bins: which bins the parameters of a vector belong to, one after another; empty for scalars.
    """

    name: str
    scalar: bool
    start: NDArray[np.float64]
    bounds: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    constraint: Constraint
    auxiliary: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    factors: NDArray[np.float64]
    bins: tuple[int, ...] = ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters one by one."""
        found = []
        for i, (start, (lower, upper), fixed) in enumerate(zip(self.start, self.bounds, self.fixed, strict=True)):
            centre = width = None
            if self.constraint == "normal":
                centre, width = float(self.auxiliary[i]), float(self.sigmas[i])
            elif self.constraint == "poisson":
                centre, width = float(self.auxiliary[i] / self.factors[i]), float(self.factors[i] ** -0.5)
            name = self.name if self.scalar else f"{self.name}[{i}]"
            found.append(
                Parameter(name, float(start), float(lower), float(upper), bool(fixed), self.constraint, centre, width)
            )
        return tuple(found)


def parameter_sets(specification: Specification) -> tuple[ParameterSet, ...]:
    """The parameters of a likelihood, in pyhf's order.

    The uncertainties of ``staterror`` are those of the sum of its samples (HistFactory, CERN-OPEN-2012-016, section
    4.4.1). Bins without content or uncertainty have a fixed parameter there and in ``shapesys``.

    Raises:
        StudyError: modifiers of one name do not fit together, two of them make one name, an uncertainty is one of bins
            that sum to nothing or less, or the measurement's settings do not fit them.
    """
    groups: dict[tuple[str, str], list[Effect]] = {}
    for kind in _TYPES:
        of_type = [effect for effect in specification.effects if effect.type == kind]
        # pyhf meets the modifiers in the order of channels and samples, these in the order of their names
        for effect in sorted(of_type, key=lambda e: e.name) if kind == "staterror" else of_type:
            groups.setdefault((effect.name, kind), []).append(effect)
    sets: dict[str, ParameterSet] = {}
    owners: dict[str, str] = {}
    for (name, kind), effects in groups.items():
        required = _REQUIREMENTS[kind](effects, specification)
        required = _configure(required, specification.configured.get(name, {}), kind)
        if name in sets and not _same(sets[name], required):
            raise StudyError(
                f"{effects[0].where} shares its parameter with modifiers that need another one",
                cure="use the same name only for modifiers whose parameters have the same constraint and size",
            )
        sets.setdefault(name, required)
        owners.setdefault(name, effects[0].where)
    _check_names(sets, owners)
    return tuple(sets.values())


def _check_names(sets: Mapping[str, ParameterSet], owners: Mapping[str, str]) -> None:
    """Refuse modifiers whose parameters have one name: that of a vector's element may be another one's own."""
    seen: dict[str, str] = {}
    for name, each in sets.items():
        for parameter in each.parameters:
            if parameter.name in seen:
                raise StudyError(
                    f"{owners[seen[parameter.name]]} and {owners[name]} both make a parameter {parameter.name!r}",
                    cure="rename one of them",
                )
            seen[parameter.name] = name


def _same(one: ParameterSet, other: ParameterSet) -> bool:
    return one.constraint == other.constraint and one.scalar == other.scalar and one.scalar


def _set(name: str, size: int, constraint: Constraint, **given: Any) -> ParameterSet:
    ones, none = np.ones(size), np.zeros(0)
    default: dict[str, Any] = {
        "scalar": True,
        "start": ones,
        "fixed": np.zeros(size, bool),
        "auxiliary": ones if constraint != "none" else none,
        "sigmas": ones if constraint == "normal" else none,
        "factors": none,
    }
    given["bounds"] = np.tile(np.asarray(given["bounds"], float), (size, 1))
    return ParameterSet(name=name, constraint=constraint, **{**default, **given})


def _normal(effects: list[Effect], _: Specification) -> ParameterSet:
    zero = np.zeros(1)
    return _set(effects[0].name, 1, "normal", start=zero, auxiliary=zero, bounds=(-5.0, 5.0))


def _normfactor(effects: list[Effect], _: Specification) -> ParameterSet:
    return _set(effects[0].name, 1, "none", bounds=(0.0, 10.0))


def _lumi(effects: list[Effect], specification: Specification) -> ParameterSet:
    given = specification.configured.get(effects[0].name, {})
    missing = [key for key in ("inits", "bounds", "auxdata", "sigmas") if key not in given]
    if missing:
        raise StudyError(
            f"the measurement does not say what {effects[0].where} needs: {', '.join(missing)}",
            cure="add them to the measurement's parameter 'lumi'",
        )
    return _set(effects[0].name, 1, "normal", bounds=(0.0, 10.0))


def _shapefactor(effects: list[Effect], _: Specification) -> ParameterSet:
    first = effects[0].block.bins
    size = first.stop - first.start
    for effect in effects:
        if effect.block.bins.stop - effect.block.bins.start > size:
            raise StudyError(
                f"{effect.where} has more bins than the same one of an earlier channel",
                cure="give the shapefactors of channels with different numbers of bins different names",
            )
    bins = tuple(range(first.start, first.stop))
    return _set(effects[0].name, size, "none", scalar=False, bounds=(0.0, 10.0), bins=bins)


def _shapesys(effects: list[Effect], specification: Specification) -> ParameterSet:
    if len(effects) > 1:
        raise StudyError(
            f"{effects[1].where} is elsewhere, too", cure="give each shapesys a name of its own: they are not shared"
        )
    effect = effects[0]
    nominal = specification.nominal[effect.block.sample, effect.block.bins]
    # a factor changes nothing where there is nothing, as in pyhf
    _check_positive(effect, np.where(nominal == 0.0, 1.0, nominal), effect.data)
    valid = (nominal > 0) & (effect.data > 0)
    factors = np.where(valid, nominal, 1.0) ** 2 / np.where(valid, effect.data, 1.0) ** 2
    bins = tuple(range(effect.block.bins.start, effect.block.bins.stop))
    return _set(
        effect.name,
        len(factors),
        "poisson",
        scalar=False,
        bounds=(1e-10, 10.0),
        fixed=~valid,
        auxiliary=factors,
        factors=factors,
        bins=bins,
    )


def _staterror(effects: list[Effect], specification: Specification) -> ParameterSet:
    samples = sorted({effect.block.sample for effect in effects})
    masks = np.zeros((len(specification.samples), specification.nominal.shape[1]), bool)
    squares = np.zeros_like(specification.nominal)
    for effect in effects:
        masks[effect.block.sample, effect.block.bins] = True
        squares[effect.block.sample, effect.block.bins] = effect.data**2
    if not (masks[samples] == masks[samples[0]]).all():
        raise StudyError(
            f"{effects[0].where} is in several channels, with different samples",
            cure="give each channel's staterror a name of its own",
        )
    total = specification.nominal[samples].sum(axis=0)
    for effect in effects:
        _check_positive(effect, total[effect.block.bins], squares.sum(axis=0)[effect.block.bins])
    relative = np.sqrt(np.where(total > 0, squares.sum(axis=0) / np.where(total > 0, total, 1.0) ** 2, 0.0))
    bins = np.flatnonzero(masks[samples[0]])
    sigmas = relative[bins]
    fixed = sigmas == 0
    return _set(
        effects[0].name,
        len(bins),
        "normal",
        scalar=False,
        bounds=(1e-10, 10.0),
        fixed=fixed,
        sigmas=np.where(fixed, 1.0, sigmas),
        bins=tuple(bins.tolist()),
    )


def _check_positive(effect: Effect, events: NDArray[np.float64], uncertain: NDArray[np.float64]) -> None:
    """Refuse an uncertainty, relative to the events, of bins that have none or less: it would be lost silently."""
    wrong = np.flatnonzero((events <= 0.0) & (uncertain > 0.0))
    if len(wrong):
        raise StudyError(
            f"{effect.where} is an uncertainty of {events[wrong[0]]:g} events in the bin {wrong[0]}: no factor can be "
            "made of it",
            cure="merge the bin with its neighbour, or give it the uncertainty 0 there and a histosys instead",
        )


_REQUIREMENTS = {
    "histosys": _normal,
    "lumi": _lumi,
    "normfactor": _normfactor,
    "normsys": _normal,
    "shapefactor": _shapefactor,
    "shapesys": _shapesys,
    "staterror": _staterror,
}
_KEYS = {"inits": "start", "bounds": "bounds", "auxdata": "auxiliary", "sigmas": "sigmas", "factors": "factors"}


def _configure(required: ParameterSet, given: Mapping[str, Any], kind: str) -> ParameterSet:
    """The parameters as the measurement wants them."""
    values = dict(vars(required))
    settable = {
        "inits": True,
        "bounds": True,
        "auxdata": required.constraint != "none",
        "sigmas": kind in ("lumi", "staterror"),
        "factors": required.constraint == "poisson",
    }
    for key, attribute in _KEYS.items():
        if key not in given:
            continue
        if not settable[key]:
            raise StudyError(
                f"the measurement gives the parameter {required.name!r} of a {kind} {key}, which it does not have",
                cure=f"leave out {key}",
            )
        array = np.asarray(given[key], float)
        if array.shape != values[attribute].shape:
            raise StudyError(
                f"the measurement gives the parameter {required.name!r} {len(array)} {key}",
                cure=f"give {len(required.start)}",
            )
        values[attribute] = array
    if "fixed" in given:
        values["fixed"] = np.full(required.fixed.shape, given["fixed"])
    low, high = values["bounds"].T
    if not (np.isfinite(values["start"]).all() and (low <= high).all() and (values["sigmas"] > 0).all()):
        raise StudyError(
            f"the measurement gives the parameter {required.name!r} impossible values",
            cure="starts have to be finite, lower bounds below upper ones, sigmas positive",
        )
    return ParameterSet(**values)
