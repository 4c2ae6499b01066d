"""Functions of studies that make mistakes: one each."""

from __future__ import annotations

import awkward as ak
import numpy as np
from matplotlib.figure import Figure

from analysis.events.columns import values, with_columns


def generate(identity, settings):
    drawn = [np.random.default_rng(int(one)).normal() for one in identity]
    return ak.Array({"identity": identity, "pulse": np.array(drawn)})


def simulate(truth, settings):
    return truth


def forgets(identity, settings):
    return generate(identity[1:], settings)


def boom(raw):
    raise RuntimeError("boom")


def nothing(raw):
    with_columns(raw, {"pulse": 2.0 * values(raw, "pulse")})


def array(raw):
    return 2.0 * np.asarray(raw.pulse)


def mapping(raw):
    return {"pulse": raw.pulse}


def loses(raw):
    return raw[1:]


def doubles(raw):
    return ak.concatenate([raw, raw[:1]])


def reorders(raw):
    return raw[::-1]


def not_finite(raw):
    pulse = values(raw, "pulse")
    return with_columns(raw, {"pulse": np.where(pulse > 0.0, pulse, np.nan)})


def overwrites(raw):
    pulse = np.asarray(raw.pulse)
    pulse /= 200.0
    return raw


def misspells(raw):
    return with_columns(raw, {"pulse": raw.puls})


def another_field(raw):
    return with_columns(raw, {"pulses": raw.pulse})


def centres(raw):
    return with_columns(raw, {"pulse": values(raw, "pulse") - np.mean(values(raw, "pulse"))})


def draws(raw):
    return with_columns(raw, {"pulse": np.random.default_rng().normal(size=len(raw))})


def keeps(raw):
    return raw


def no_result(keeps):
    return float(np.mean([np.mean(one.pulse) for one in keeps.values()]))


def bad_result(keeps):
    return {"numbers": [], "mean": np.nan}


def other_figures(keeps):
    return {"pulse": Figure(), "spectrum": Figure()}


def other_workspaces(filled):
    return {"another": {"channels": [], "observations": [], "measurements": [], "version": "1.0.0"}}


def weigh_too_few(events):
    few = np.ones(len(events) - 1)
    return {"nominal": few, "scale_up": few, "scale_down": few}


def weigh_without_nominal(events):
    return {"weight": np.ones(len(events))}


def weigh_one_way(events):
    return {"nominal": np.ones(len(events)), "scale_up": 1.1 * np.ones(len(events))}


def weigh(events, dataset):
    ones = np.ones(len(events))
    ways = {"scale_up": 1.1 * ones, "scale_down": 0.9 * ones} if dataset.kind == "simulated" else {}
    return {"nominal": ones, **ways}


def everything(
    of_born_wrong,
    boom,
    nothing,
    array,
    mapping,
    loses,
    doubles,
    reorders,
    not_finite,
    overwrites,
    misspells,
    another_field,
    no_result,
    bad_result,
    other_figures,
    other_workspaces,
    weigh_too_few,
    weigh_without_nominal,
    weigh_one_way,
):
    """Never runs, as nothing that it takes is ever made: one command meets all mistakes."""
