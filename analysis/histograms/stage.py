"""The histograms of a study's stage: filled chunk by chunk, then merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.checking.calling import call, told
from analysis.checking.signature import arguments_of
from analysis.errors import StudyError
from analysis.events.labels import label
from analysis.histograms.counts import Counts
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge
from analysis.histograms.processes import DATA, NOMINAL, as_shift, process_labels
from analysis.histograms.scores import with_scores
from analysis.histograms.weights import check_weights, weigh
from analysis.step import Step

if TYPE_CHECKING:
    import awkward as ak

    from analysis.chapters import Histograms as Stage
    from analysis.datasets import Dataset
    from analysis.learning.application.scores import Scores
    from analysis.measurement import Process, Variable

__all__ = ["check", "fill_stage", "merge_stage", "weights_given", "with_all_scores"]


def fill_stage(
    events: ak.Array,
    scores: Sequence[Scores],
    stage: Stage,
    processes: Sequence[Process],
    dataset: Dataset,
    weight_per_fb: float,
    shift: str,
    *,
    where: str = "",
    taken: Mapping[str, Any] | None = None,
) -> Histograms:
    """Fill the histograms of a stage with the events of a chunk.

    Args:
        events: a record array of length n.
        scores: of the same events, by each of the stage's networks.
        stage: variables, regions and weights.
        processes: that events are told apart by.
        dataset: where the events are from.
        weight_per_fb: expected events per generated event and 1/fb.
        shift: name of the variation that the events are of; empty for nominal ones, which all shifts of weights are
            filled with, too.
        where: what the events are, for messages.
        taken: values of other stages that a step of weights takes, by name.

    Raises:
        StudyError: a step of the study fails.
        DataError: weights or quantities are not what they should be.
    """
    unscored, events = events, with_all_scores(events, scores, stage)
    if isinstance(stage.weights, Step):
        given = weights_given(stage.weights, events, dataset, weight_per_fb, taken or {})
        weights = call(stage.weights, given, stage=stage.name, where=where)
    else:
        names = tuple(process.name for process in processes)
        labels = label(events, dataset, processes)
        weights = weigh(events, labels, names, weight_per_fb, dataset.kind, stage.weights)
    with told(stage.name, where, stage.weights if isinstance(stage.weights, Step) else None):
        check(weights, stage, dataset, len(events))
    with told(stage.name, where):
        if shift:
            weights = {shift: weights[NOMINAL]}
        counted = process_labels(events, dataset, processes)
        simulated = dataset.name if dataset.kind == "simulated" else ""
        filled = fill(events, weights, counted, stage.variables, stage.regions, simulated=simulated)
        if not stage.per_seed:
            return filled
        touched = _of_scores(set(events.fields) - set(unscored.fields), stage)
        by_seed = []
        for seed in range(max((len(one.by_seed) for one in scores), default=0)):
            own = with_all_scores(unscored, [one.of_seed(seed) for one in scores], stage)
            by_seed.append(replace(fill(own, weights, counted, touched, stage.regions), counts=Counts()))
        return replace(filled, by_seed=tuple(by_seed))


def _of_scores(fields: set[str], stage: Stage) -> tuple[Variable, ...]:
    """The variables that depend on scores, themselves or by the regions that they are filled in."""
    regions = {region.name for region in stage.regions if any(cut.field in fields for cut in region.cuts)}
    return tuple(
        one
        for one in stage.variables
        if (one.field or one.name) in fields or (regions if not one.regions else regions.intersection(one.regions))
    )


def with_all_scores(events: ak.Array, scores: Sequence[Scores], stage: Stage) -> ak.Array:
    """Add scores as fields of the same events, see :func:`analysis.histograms.scores.with_scores`."""
    for number, one in enumerate(scores):
        events = with_scores(events, one, stage.scores[number] if number else "")
    return events


def merge_stage(
    filled: Mapping[str, Histograms], simulated: Sequence[str], shifts: Sequence[str], luminosity: float | None
) -> Histograms:
    """Add up the histograms of all series.

    Args:
        filled: by series, ``DATASET`` or ``DATASET.SHIFT``.
        simulated: names of the simulated data sets.
        shifts: names of all variations of events; data sets that one leaves as they are count under it, too.
        luminosity: in 1/fb, that simulated events are scaled to; ``None`` where there are none.
    """
    parts = list(filled.values())
    for shift in shifts:
        parts += [as_shift(filled[name], shift) for name in sorted(simulated) if f"{name}.{shift}" not in filled]
    merged = merge(parts)
    return merged.scaled({name: luminosity for name in merged.processes if name != DATA and luminosity is not None})


def check(weights: Any, stage: Stage, dataset: Dataset, events: int) -> None:
    """Check weights against what the stage declares; measured events have no shifts.

    Raises:
        StudyError: see :func:`analysis.histograms.weights.check_weights`; or a measured event does not count once.
    """
    expected: list[str] = []
    if dataset.kind == "simulated":
        expected = list(weight_shifts(stage))
    check_weights(weights, expected, events, where=f"weights of {dataset.name!r}")
    if dataset.kind == "measured" and not stage.weighs_data and not bool((weights[NOMINAL] == 1.0).all()):
        raise StudyError(
            f"measured events of {dataset.name!r} count other than once: their weights are not 1",
            cure="return 1 for measured events (dataset.kind == 'measured'); if data are to be weighted, as for fake "
            "factors, say weighs_data=True of the Histograms",
        )


def weights_given(
    step: Step, events: ak.Array, dataset: Dataset, weight_per_fb: float, taken: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a study's own step that weighs events, as far as it takes them."""
    known = {**taken, "events": events, "dataset": dataset, "weight_per_fb": weight_per_fb, "settings": step.settings}
    return {name: known[name] for name in arguments_of(step).names if name in known}


def weight_shifts(stage: Stage) -> tuple[str, ...]:
    """Names of the shifts that the weights of a stage tell."""
    if isinstance(stage.weights, Step):
        return tuple(f"{source}_{way}" for source in stage.weight_shifts for way in ("up", "down"))
    return tuple(shift for one in stage.weights.uncertainties for shift in one.shifts)
