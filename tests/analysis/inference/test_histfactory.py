"""Workspaces from invented histograms, judged by pyhf and by what went in."""

from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pyhf
import pytest

from analysis.errors import DataError, StudyError
from analysis.histograms.counts import Counts
from analysis.histograms.filling import fill
from analysis.histograms.histograms import Histograms, merge, new_histogram
from analysis.inference.histfactory import build, display, workspace_of
from analysis.inference.histfactory_settings import Channel, Free, Model, Models, Normalisation
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.specification import read_workspace
from analysis.measurement import Cut, Region, Variable

EDGES = (0.0, 1.0, 2.0, 3.0)
SIGNAL, BACKGROUND = np.array([1.0, 10.0, 2.0]), np.array([50.0, 40.0, 30.0])
MODEL = Model(
    "mass",
    (Channel("signal", "mass"), Channel("control", "mass", counted=True)),
    strength={"higgs": "mu"},
    free=(Free("w", "w_norm", control="control"),),
    normalisations=(Normalisation("luminosity", 0.026),),
)


def made(
    process: str, contents: dict[str, np.ndarray], shift: str = "nominal", variance: float = 0.01, name: str = "mass"
) -> Histograms:
    """Histograms of one process under one shift, by region."""
    regions = sorted(contents)
    sums = np.array(
        [[[[contents[region]] for region in regions]], [[[contents[region] * variance] for region in regions]]]
    )
    flat = np.asarray(sums, float).reshape(2, 1, len(regions), 1, len(EDGES) - 1)
    filled = new_histogram(name, EDGES, False, ([process], regions, [shift]), sums=flat)
    return Histograms({name: filled}, {name: np.zeros(flat.shape)})


def histograms(w: float = 1.0, mu: float = 1.0, shifts: tuple[str, ...] = ("scale_up", "scale_down")) -> Histograms:
    """A signal on a background that the data have ``w`` times as much of, with 10 % of scale on all."""
    higgs, background = {"signal": SIGNAL, "control": 0.0 * SIGNAL}, {"signal": BACKGROUND, "control": 10 * BACKGROUND}
    data = {region: np.rint(mu * higgs[region] + w * background[region]) for region in higgs}
    parts = [made("higgs", higgs), made("w", background), made("data", data)]
    for shift in shifts:
        factor = 1.1 if shift.endswith("_up") else 0.9
        parts += [
            made(process, {region: factor * content for region, content in contents.items()}, shift)
            for process, contents in (("higgs", higgs), ("w", background))
        ]
    return merge(parts)


def test_a_workspace_has_all_that_was_asked_for():
    made = workspace_of(histograms(w=1.3), MODEL)
    signal, control = made["channels"]
    kinds = [[(m["type"], m["name"]) for m in s["modifiers"]] for s in signal["samples"]]
    assert kinds == [
        [("staterror", "stat_signal"), ("normfactor", "mu"), ("normsys", "luminosity"), ("normsys", "scale")],
        [("staterror", "stat_signal"), ("normfactor", "w_norm"), ("normsys", "luminosity"), ("normsys", "scale")],
    ]
    # no event of the signal: no sample
    assert [s["name"] for s in control["samples"]] == ["w"]
    assert control["samples"][0]["data"] == [1200.0]
    assert made["observations"][1]["data"] == [1560.0]
    assert made["measurements"][0]["config"]["poi"] == "mu"
    settings = {one["name"]: one for one in made["measurements"][0]["config"]["parameters"]}
    # a bin of 40 background events and 10 of the signal is empty at -4
    assert settings["mu"]["bounds"] == [[pytest.approx(-0.99 * 4.0), 100.0]]
    assert settings["w_norm"]["inits"] == [pytest.approx(1.3)]
    read_workspace(made)


@pytest.mark.long
@pytest.mark.parametrize(("w", "mu"), [(1.0, 1.0), (1.4, 2.0), (0.6, 0.0)])
def test_what_went_in_comes_out(w: float, mu: float):
    workspaces = build(histograms(w, mu), MODEL)
    interest = (Interest("mu", "mu", "mu"), Interest("w_norm", "w", "w"))
    found = measure(workspaces, "observed", FitSettings(interest, scan_points=0, impacts=False, goodness_toys=0))
    parameters = found["workspaces"]["mass"]["parameters"]
    assert parameters["mu"]["value"] == pytest.approx(mu, abs=0.05)
    assert parameters["w_norm"]["value"] == pytest.approx(w, abs=0.02)
    assert parameters["scale"]["value"] == pytest.approx(0.0, abs=0.05)


@pytest.mark.long
def test_the_fit_is_that_of_pyhf():
    made = workspace_of(histograms(1.2, 1.5), MODEL)
    found = measure({"mass": made}, "observed", FitSettings((Interest("mu", "mu", "mu"),), 0, 3.0, False, 0))
    model = pyhf.Model({"channels": made["channels"]}, validate=False, poi_name="mu")
    counts = [count for one in sorted(made["observations"], key=lambda one: one["name"]) for count in one["data"]]
    bounds = [
        (-10.0, 10.0) if name == "mu" else bound
        for name, bound in zip(model.config.par_names, model.config.suggested_bounds(), strict=True)
    ]
    best = pyhf.infer.mle.fit(counts + model.config.auxdata, model, par_bounds=bounds)
    mu = found["workspaces"]["mass"]["parameters"]["mu"]["value"]
    assert mu == pytest.approx(best[model.config.poi_index], abs=2e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": (Channel("sginal", "mass"),), "free": ()}, r"(?s)'mass': .*region 'sginal'.*control, signal"),
        ({"channels": (Channel("signal", "masss"),), "free": ()}, r"(?s)variable 'masss'.*: mass"),
        ({"strength": {"higs": "mu"}}, r"(?s)strength names the process 'higs'.*higgs, w"),
        ({"strength": {"data": "mu"}}, r"(?s)strength names the process 'data'.*higgs, w"),
        ({"processes": ("higgs", "zz")}, r"(?s)processes names the process 'zz'"),
        ({"processes": ("higgs",)}, r"(?s)free names the process 'w'.*higgs"),
        ({"uncertainties": ("scales",)}, r"(?s)no shift of 'scales'.*scale"),
        ({"normalisations": (Normalisation("x", 0.1, ("zz",)),)}, r"normalisations names the process 'zz'"),
        ({"normalisations": (Normalisation("x", 0.1, regions=("high",)),)}, r"(?s)names the region 'high'.*control"),
        ({"bounds": {"nu": (0.0, 1.0)}}, r"(?s)bounds are given for 'nu'.*mu, "),
        ({"data": "dat"}, r"no measured events were filled as 'dat'"),
        ({"channels": (Channel("control", "mass"),)}, r"'mu' changes nothing"),
    ],
)
def test_what_does_not_exist_is_one_clear_error(change: dict, message: str):
    with pytest.raises(StudyError, match=message):
        workspace_of(histograms(), replace(MODEL, **change))


def test_a_shift_without_its_partner_is_an_error():
    for shift, lacking in (("scale_up", "scale_down"), ("scale_down", "scale_up")):
        with pytest.raises(StudyError, match=f"no partner: {lacking}"):
            workspace_of(histograms(shifts=(shift,)), MODEL)
    with pytest.raises(StudyError, match="'scale' has no direction"):
        workspace_of(histograms(shifts=("scale",)), MODEL)


def test_a_shift_that_was_filled_for_some_processes_only_is_an_error():
    some = merge(
        [
            histograms(),
            made("w", {"signal": BACKGROUND}, "trigger_up"),
            made("w", {"signal": BACKGROUND}, "trigger_down"),
        ]
    )
    with pytest.raises(StudyError, match=r"'higgs' has events, and none under the shift 'trigger_up'"):
        workspace_of(some, MODEL)


def test_settings_that_cannot_be_meant():
    with pytest.raises(StudyError, match="region 'signal' twice"):
        Model("two", (Channel("signal", "mass"), Channel("signal", "pt")))
    with pytest.raises(StudyError, match="has no channels"):
        Model("none", ())
    with pytest.raises(StudyError, match="from the control region 'high_mt'"):
        Model("m", (Channel("signal", "mass"),), free=(Free("w", "w_norm", control="high_mt"),))
    with pytest.raises(StudyError, match=r"'luminosity' is 2\.6"):
        Normalisation("luminosity", 2.6)
    with pytest.raises(StudyError, match="name of its own"):
        Models((MODEL, MODEL))


def test_data_where_nothing_is_expected():
    none = made("w", {"signal": np.array([0.0, 5.0, 5.0])})
    data = made("data", {"signal": np.array([2.0, 5.0, 5.0])})
    with pytest.raises(DataError, match=r"2 events are observed and 0 expected where mass is 0 to 1"):
        workspace_of(merge([none, data]), Model("m", (Channel("signal", "mass"),), strength={"w": "mu"}))


def test_without_measured_events_what_is_expected_is_the_observation():
    simulated = merge([made("higgs", {"signal": SIGNAL}), made("w", {"signal": BACKGROUND})])
    model = Model("m", (Channel("signal", "mass"),), strength={"higgs": "mu"}, data="")
    made_of = workspace_of(simulated, model)
    assert made_of["observations"][0]["data"] == pytest.approx(SIGNAL + BACKGROUND)


def cut_in_two(low: Cut, high: Cut) -> Histograms:
    """A signal over a background and data, in all events and in two regions of them."""
    mass = Variable("mass", "mass", "GeV", EDGES)
    regions = (Region("all", "all", ()), Region("low", "low", (low,)), Region("high", "high", (high,)))
    random, parts = np.random.default_rng(7), []
    for process, number, weight in (("higgs", 4000, 0.05), ("w", 8000, 0.1), ("data", 1000, 1.0)):
        peak = random.random(number) < {"higgs": 1.0, "w": 0.0, "data": 0.2}[process]
        columns = {
            "identity": np.arange(number),
            "mass": np.where(peak, random.normal(1.5, 0.3, number), random.uniform(0.0, 3.0, number)),
            "eta": random.random(number),
        }
        weights = {"nominal": np.full(number, weight)}
        parts.append(fill(ak.Array(columns), weights, np.full(number, process), (mass,), regions))
    return merge(parts)


def channels(*regions: str) -> Model:
    return Model("mass", tuple(Channel(region, "mass") for region in regions), {"higgs": "mu"}, statistics=False)


def test_channels_that_share_events_are_refused():
    filled = cut_in_two(Cut("eta", "<", 0.6), Cut("eta", ">", 0.5))
    shared = filled.counts.between("low", "high")
    assert 0 < shared["data"] < 200
    with pytest.raises(StudyError) as caught:
        workspace_of(filled, channels("low", "high"))
    simulated = shared["higgs"] + shared["w"]
    assert "workspace 'mass': the channels 'low' and 'high' are fitted together" in caught.value.problem
    assert f"({shared['data']} measured and {simulated} simulated ones)" in caught.value.problem
    assert "a cut that the other one's events do not pass" in caught.value.cure
    with pytest.raises(StudyError, match=r"'all' and 'low' .*common"):
        workspace_of(filled, channels("all", "low"))
    # each by itself, and side by side in figures
    assert set(build(filled, Models((channels("all"), replace(channels("low"), name="low"))))) == {"mass", "low"}
    shown = {name: Channel(name, "mass") for name in ("all", "low")}
    assert len(display(filled, channels("low"), shown)["channels"]) == 2
    # without measured events, simulated ones are enough; older histograms tell of none
    with pytest.raises(StudyError, match="0 measured and"):
        workspace_of(filled, replace(channels("low", "high"), data="", processes=("higgs", "w")))
    workspace_of(replace(filled, counts=Counts()), channels("low", "high"))


@pytest.mark.long
def test_disjoint_channels_say_what_all_events_say():
    filled = cut_in_two(Cut("eta", "<", 0.5), Cut("eta", ">=", 0.5))
    assert filled.counts.between("low", "high") == {}
    settings = FitSettings((Interest("mu", "mu", "mu"),), scan_points=0, impacts=False, goodness_toys=0)
    errors = {}
    for regions in (("all",), ("low", "high")):
        found = measure({"mass": workspace_of(filled, channels(*regions))}, "observed", settings)
        interval = found["workspaces"]["mass"]["intervals"]["mu"]
        assert interval["value"] == pytest.approx(1.0, abs=0.3)
        errors[regions] = sum(interval["stat"])
    # the same events twice would give an error smaller by the square root of two
    assert errors["low", "high"] == pytest.approx(errors["all",], rel=0.03)
