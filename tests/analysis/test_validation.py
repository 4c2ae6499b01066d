"""What a study says is checked against itself when it is made: each mistake is one clear error."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.weight_settings import Weights, WeightUncertainty
from analysis.inference.histfactory_settings import Channel, Free, Model, Models, Normalisation
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.provenance.keys import describe
from analysis.study import (
    Campaign,
    Cut,
    Dataset,
    Events,
    Figures,
    Fit,
    Histograms,
    Network,
    Process,
    Region,
    Schema,
    Shift,
    SourceFile,
    Statistics,
    Step,
    Study,
    Training,
    Variable,
    Workspaces,
)

STEP = Step("lab.physics:make")


@dataclass(frozen=True)
class Selection:
    scale: float = 1.0


@dataclass
class Loose:
    scale: float = 1.0


def file(name: str) -> SourceFile:
    return SourceFile(f"{name}.root", "https://example.org", name[0] * 64, 1, 10, f"{name}.root")


def dataset(name: str, kind: Any, **more: Any) -> Dataset:
    return Dataset(name, name, kind, (file(name),), Schema("Events", ("mass",)), **more)


SIGNAL = dataset("signal", "simulated", cross_section=1.0, generated=10)
ZZ = dataset("zz", "simulated", cross_section=1.0, generated=10)
MUONS, ELECTRONS = dataset("muons", "measured", luminosity=4.4), dataset("electrons", "measured", luminosity=4.4)
HIGGS, FOUR = Process("higgs", "H", ("signal",)), Process("four", "ZZ", ("zz",))
MASS = Variable("mass", "m", "GeV", (0.0, 1.0))
ALL = Region("all", "all", ())
LUMINOSITY = WeightUncertainty("luminosity", "luminosity", 0.026)
NETWORK = Network("dense", Step("analysis.learning.networks.dense:build", DenseSettings()), TrainingSettings())
MODEL = Model("mass", (Channel("all", "mass"),), strength={"higgs": "mu"})
FILLED = Histograms(
    "histograms", events="candidates", variables=(MASS,), regions=(ALL,), weights=Weights((LUMINOSITY,))
)
STUDY = Study(
    "lab",
    datasets=(SIGNAL, ZZ, MUONS, ELECTRONS),
    campaigns=(Campaign("both", ("muons", "electrons"), 4.4),),
    processes=(HIGGS, FOUR),
    shifts=(Shift("scale", "scale", "candidates", up={"scale": 1.1}, down={"scale": 0.9}),),
    stages=(
        Events("candidates", Step("lab.physics:select", Selection())),
        FILLED,
        Training("training", networks=(NETWORK,)),
        Workspaces("workspaces", STEP, names=("mass",)),
        Figures("figures", STEP, names=("mass",)),
    ),
)


def with_stage(name: str, **changes: Any) -> Study:
    stages = tuple(replace(one, **changes) if one.name == name else one for one in STUDY.stages)
    return replace(STUDY, stages=stages)


def filled(**changes: Any) -> Study:
    return with_stage("histograms", **changes)


def test_workspaces_of_seeds_need_histograms_of_seeds():
    with pytest.raises(StudyError, match="the stage 'workspaces' is built for each seed, but no histograms are"):
        with_stage("workspaces", per_seed=True)
    filled(per_seed=True, scores=("scores",))


@pytest.mark.parametrize("datasets", [("measured",), ("simulated", "muons"), ()])
def test_networks_do_not_learn_from_data_that_a_blind_fit_leaves_out(datasets: tuple[str, ...]):
    learning = with_stage("training", datasets=datasets)
    fit = Fit("fit", STEP, of={"data": "workspaces"}, blind=True)
    with pytest.raises(StudyError, match="trains on the measured data set 'muons', and the fit 'fit' is blind"):
        replace(learning, stages=(*learning.stages, fit))
    # who looks at the data may learn from them, and from those of a calibration in any case
    replace(learning, stages=(*learning.stages, replace(fit, data="observed")))
    replace(learning, stages=(*learning.stages, replace(fit, blind=False, data="asimov")))
    calibration = replace(MUONS, name="peak", purpose="calibration")
    with_more = replace(STUDY, datasets=(*STUDY.datasets, calibration), stages=(*STUDY.stages, fit))
    stages = tuple(
        replace(one, datasets=("calibration",)) if one.name == "training" else one for one in with_more.stages
    )
    replace(with_more, stages=stages)


def test_a_sound_study_is_checked_in_milliseconds():
    begin = time.perf_counter()
    for _ in range(20):
        replace(STUDY)
    assert time.perf_counter() - begin < 1.0


# the second one of a name used to be ignored
TWICE: dict[str, Callable[[], Study]] = {
    "data set": lambda: replace(STUDY, datasets=(*STUDY.datasets, replace(ZZ, files=(file("new"),)))),
    "region": lambda: filled(regions=(ALL, Region("all", "more", (Cut("mass", ">", 1.0),)))),
    "variable": lambda: filled(variables=(MASS, replace(MASS, edges=(1.0, 2.0)))),
    "process": lambda: replace(STUDY, processes=(HIGGS, FOUR, replace(HIGGS, datasets=("zz",)))),
    "network": lambda: with_stage("training", networks=(NETWORK, NETWORK)),
    "stage": lambda: replace(STUDY, stages=(*STUDY.stages, STUDY.stages[0])),
    "campaign": lambda: replace(STUDY, campaigns=(*STUDY.campaigns, replace(STUDY.campaigns[0], luminosity=8.8))),
    "shift": lambda: replace(STUDY, shifts=(*STUDY.shifts, STUDY.shifts[0])),
    "uncertainty": lambda: filled(weights=Weights((replace(LUMINOSITY, source="scale"),))),
    "figure": lambda: with_stage("figures", names=("mass", "mass")),
    "workspace": lambda: with_stage("workspaces", names=("mass", "mass")),
    "file": lambda: replace(
        STUDY, datasets=(replace(SIGNAL, files=(file("s"), replace(file("t"), name="s.root"))), *STUDY.datasets[1:])
    ),
}


@pytest.mark.parametrize("kind", TWICE)
def test_two_of_one_name(kind: str):
    with pytest.raises(
        StudyError, match=rf"the {kind} '[\w.]+' of the .* is there twice \(numbers \d and \d\)"
    ) as caught:
        TWICE[kind]()
    assert caught.value.cure == "give each a name of its own"


UNKNOWN: dict[str, tuple[Callable[[], Study], str, str]] = {
    "data set of a process": (
        lambda: replace(STUDY, processes=(HIGGS, replace(FOUR, datasets=("zzz",)))),
        "the process 'four' names the data set 'zzz', which does not exist; did you mean 'zz'?",
        "use some of: signal, zz, muons, electrons",
    ),
    "simulated data set in no process": (
        lambda: replace(STUDY, processes=(HIGGS,)),
        "fills histograms of the simulated data set 'zz', which belongs to no process",
        "add it to the datasets of a Process",
    ),
    "data set of a campaign": (
        lambda: replace(STUDY, campaigns=(Campaign("both", ("muon",), 4.4),)),
        "the campaign 'both' names the data set 'muon', which does not exist; did you mean 'muons'?",
        "use some of: signal",
    ),
    "data set of a stage": (
        lambda: with_stage("candidates", datasets=("measurd",)),
        "the stage 'candidates' names the data set or group 'measurd'",
        "simulated, measured",
    ),
    "region of a variable": (
        lambda: filled(variables=(replace(MASS, regions=("al",)),)),
        "the variable 'mass' names the region 'al', which does not exist; did you mean 'all'?",
        "use some of: all",
    ),
    "process of an uncertainty": (
        lambda: filled(weights=Weights((replace(LUMINOSITY, processes=("zz",)),))),
        "the uncertainty 'luminosity' names the process 'zz'",
        "use some of: higgs, four",
    ),
    "stage of a shift": (
        lambda: replace(STUDY, shifts=(replace(STUDY.shifts[0], of="candidate"),)),
        "the shift 'scale' names the stage 'candidate'",
        "use some of: candidates, histograms",
    ),
    "setting of a shift": (
        lambda: replace(STUDY, shifts=(replace(STUDY.shifts[0], up={"scal": 1.1}, down={"scal": 0.9}),)),
        "names the setting of 'candidates' 'scal', which does not exist; did you mean 'scale'?",
        "use some of: scale",
    ),
    "partner of a shift": (
        lambda: replace(STUDY, shifts=(replace(STUDY.shifts[0], down={}),)),
        "the shift 'scale' changes scale upwards, nothing downwards",
        "change the same settings in both directions",
    ),
    "anything that a shift changes": (
        lambda: replace(STUDY, shifts=(replace(STUDY.shifts[0], up={}, down={}),)),
        "the shift 'scale' changes nothing",
        "say up={...} and down={...}",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_does_not_exist(what: str):
    make, problem, cure = UNKNOWN[what]
    with pytest.raises(StudyError) as caught:
        make()
    assert problem in caught.value.problem
    assert cure in caught.value.cure


# records lay outside the study, or VerifyRecords did not see them
BAD = {
    "/": ("../raw", "'/'"),
    "..": ("a..b", "'..'"),
    ",": ("a,b", "','"),
    "blank": ("a b", "a blank"),
    "control": ("a\x07", r"'\x07'"),
    "long": ("a" * 260, "260 characters"),
    "empty": ("", "an empty name"),
    "dash": ("-a", "begins with '-'"),
    "hidden": (".a", "begins with '.'"),
    ":": ("a:b", "':'"),
    "=": ("a=b", "'='"),
    "line": ("a\nb", r"'\n'"),
    "alike": ("\u0430", "CYRILLIC SMALL LETTER A"),
}
NAMED: dict[str, Callable[[str], Study]] = {
    "study": lambda name: replace(STUDY, name=name),
    "data set": lambda name: replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name=name))),
    "stage": lambda name: replace(STUDY, stages=(*STUDY.stages, Events(name, STEP))),
    "region": lambda name: filled(regions=(ALL, Region(name, "", ()))),
    "variable": lambda name: filled(variables=(replace(MASS, name=name),)),
    "process": lambda name: replace(STUDY, processes=(HIGGS, replace(FOUR, name=name))),
    "network": lambda name: with_stage("training", networks=(replace(NETWORK, name=name),)),
    "campaign": lambda name: replace(STUDY, campaigns=(Campaign(name, ("muons",), 4.4),)),
    "choice of statistics": lambda name: replace(STUDY, statistics=(Statistics(name, 2.0),)),
    "purpose of data sets": lambda name: replace(
        STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), purpose=name or " "))
    ),
    "shift": lambda name: replace(STUDY, shifts=(replace(STUDY.shifts[0], source=name or " "),)),
    "figure": lambda name: with_stage("figures", names=(name,)),
    "workspace": lambda name: with_stage("workspaces", names=(name,)),
    "uncertainty": lambda name: filled(weights=STEP, weight_shifts=(name,)),
    "file": lambda name: replace(
        STUDY, datasets=(*STUDY.datasets, replace(ELECTRONS, name="x", files=(replace(file("x"), name=name),)))
    ),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", NAMED)
def test_names_that_cannot_be_used(kind: str, bad: str):
    name, problem = BAD[bad]
    with pytest.raises(StudyError) as caught:
        NAMED[kind](name)
    assert f"the {kind} " in caught.value.problem
    assert problem in caught.value.problem or not name or kind == "shift"
    # of a file, the data set
    assert "'lab'" in caught.value.problem or kind in {"file", "study"}
    assert "use 1 to 80 of the letters" in caught.value.cure


def test_a_data_set_cannot_be_called_like_another_one_under_a_shift():
    with pytest.raises(StudyError, match=r"the data set 'signal\.scale_up' of the study 'lab' has a name with '\.'"):
        replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name="signal.scale_up")))


SAME = {
    "a data set like a shift": (
        lambda: replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name="scale_up"))),
        "'scale_up' is the name of a data set and of a shift of the study 'lab'",
    ),
    "a campaign like a shift": (
        lambda: replace(STUDY, campaigns=(Campaign("Scale_down", ("muons",), 4.4),)),
        "'scale_down' is the name of a campaign and of a shift of the study 'lab'",
    ),
    "a purpose like a data set": (
        lambda: replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), purpose="ZZ"))),
        "'ZZ' is the name of a data set and of a group of data sets of the study 'lab'",
    ),
    "a data set like all simulated ones": (
        lambda: replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name="Simulated"))),
        "the data set 'Simulated' of the study 'lab' has a name that means something else: all simulated data sets",
    ),
    "a campaign like no shift": (
        lambda: replace(STUDY, campaigns=(Campaign("nominal", ("muons",), 4.4),)),
        "the campaign 'nominal' of the study 'lab' has a name that means something else: events that no shift changes",
    ),
    "a process like measured events": (
        lambda: replace(STUDY, processes=(HIGGS, replace(FOUR, name="data"))),
        "the process 'data' of the study 'lab' has a name that means something else: what measured events are counted",
    ),
    "regions that differ in capital letters": (
        lambda: filled(regions=(ALL, Region("All", "more", (Cut("mass", ">", 1.0),)))),
        "the region 'All' of the stage 'histograms' of the study 'lab' differs from 'all' in capital letters only",
    ),
    "data sets that differ in capital letters": (
        lambda: replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name="ZZ"))),
        "the data set 'ZZ' of the study 'lab' differs from 'zz' in capital letters only",
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_names_that_mean_something_else(what: str):
    make, problem = SAME[what]
    with pytest.raises(StudyError) as caught:
        make()
    assert problem in caught.value.problem
    assert "name" in caught.value.cure


@pytest.mark.parametrize("luminosity", [4.4, 8.8])
def test_a_campaign_has_the_luminosity_of_its_data_sets(luminosity: float):
    # of one where both saw the same collisions, or the sum
    assert replace(STUDY, campaigns=(Campaign("both", ("muons", "electrons"), luminosity),))


def test_another_luminosity_than_that_of_its_data_sets():
    with pytest.raises(StudyError) as caught:
        replace(STUDY, campaigns=(Campaign("both", ("muons", "electrons"), 44.0),))
    assert caught.value.problem == "the campaign 'both' has 44/fb, its data sets muons 4.4, electrons 4.4"
    assert "correct one of them" in caught.value.cure


@pytest.mark.parametrize("branches", [("identity",), ("mass", "identity")])
def test_a_branch_called_identity(branches: tuple[str, ...]):
    with pytest.raises(StudyError, match="reads the branch 'identity'") as caught:
        Schema("Events", branches)
    assert "leave it out" in caught.value.cure


def test_not_a_number_may_stand_for_a_missing_value_and_nothing_else():
    def read(value: float) -> Study:
        schema = Schema("Events", ("pt",), missing=("pt",), missing_value=value)
        return replace(STUDY, datasets=(SIGNAL, replace(ZZ, schema=schema), MUONS, ELECTRONS))

    described = describe(read(float("nan")).dataset("zz"))
    assert described["schema"]["missing_value"] == "nan"
    assert describe(read(-999.0).dataset("zz")) != described
    with pytest.raises(StudyError, match="its missing_value is inf, not a finite number"):
        read(float("inf"))


def test_a_path_is_no_file_of_a_data_set():
    for files in ("run1.csv", ("run1.csv",)):
        with pytest.raises(StudyError, match=r"'run1\.csv', not a") as caught:
            replace(STUDY, datasets=(SIGNAL, replace(ZZ, files=files), MUONS, ELECTRONS))  # type: ignore[arg-type]
        assert "s.catalogue('files.yaml').files" in caught.value.cure
    with pytest.raises(StudyError, match="has '200' as its number of events"):
        replace(file("z"), events="200")  # type: ignore[arg-type]


def test_a_file_counts_once():
    again = replace(file("z"), name="again.root")
    with pytest.raises(StudyError, match=r"'again\.root' is in the data sets 'zz' and 'more'"):
        replace(STUDY, datasets=(*STUDY.datasets, replace(ZZ, name="more", files=(again,))))
    with pytest.raises(StudyError, match="two files of the data set 'zz' have the same content"):
        replace(STUDY, datasets=(SIGNAL, replace(ZZ, files=(*ZZ.files, again)), MUONS, ELECTRONS))


@pytest.mark.parametrize(
    ("lacks", "problem", "cure"),
    [
        ({"cross_section": None}, "no cross section, but", "..., cross_section=...); a cross section is in pb"),
        ({"generated": None}, "no number of generated events, but", "..., generated=...)"),
        (
            {"cross_section": None, "generated": None},
            "no cross section and no number of generated events, but",
            "..., cross_section=..., generated=...)",
        ),
    ],
)
def test_events_are_counted_for_a_luminosity_only_with_a_cross_section(lacks: dict[str, Any], problem: str, cure: str):
    datasets = (SIGNAL, replace(ZZ, **lacks), MUONS, ELECTRONS)
    with pytest.raises(StudyError) as caught:
        replace(STUDY, datasets=datasets)
    expected = f"the simulated data set 'zz' has {problem} the stage 'histograms' counts its events for a luminosity"
    assert caught.value.problem == expected
    assert f"say Dataset('zz', {cure}" in caught.value.cure
    # of what is not filled, nobody needs to know
    signal_only = replace(FILLED, datasets=("signal",))
    assert replace(STUDY, datasets=datasets, stages=(signal_only,), shifts=(), processes=(HIGGS,))


def shifted(**changes: Any) -> Study:
    return replace(STUDY, shifts=(replace(STUDY.shifts[0], **changes),))


ONE = Campaign("one", ("muons",), 4.4)


def beside(*names: str) -> Study:
    """A campaign of two data sets with others beside it, and one of the first alone."""
    return replace(STUDY, campaigns=(Campaign("both", ("muons", "electrons"), 8.8, beside=names), ONE))


def test_a_campaign_beside_another():
    assert beside("one").campaigns[0].beside == ("one",)


def with_data(*datasets: Dataset, **changes: Any) -> Study:
    named = {one.name: one for one in datasets}
    kept = tuple(named.pop(one.name, one) for one in STUDY.datasets)
    return replace(STUDY, datasets=(*kept, *named.values()), **changes)


SPARE = dataset("spare", "simulated", cross_section=1.0, generated=10, purpose="calibration")
BUILD, MEASURE = "analysis.inference.histfactory:build", "analysis.inference.measurement:measure"
TO_FIT = (
    Workspaces("workspaces", Step(BUILD, MODEL)),
    Fit("fit", Step(MEASURE, FitSettings((Interest("mu", "mu", "strength"),)))),
)


def fitted(**changes: Any) -> Study:
    """The study with another model, or another model's histograms."""
    build = replace(TO_FIT[0], step=Step(BUILD, replace(MODEL, **changes)))
    return replace(STUDY, stages=(*STUDY.stages[:2], build, TO_FIT[1]))


def asked(*interests: Interest, models: Any = MODEL) -> Study:
    build = Workspaces("workspaces", Step(BUILD, models))
    fit = replace(TO_FIT[1], step=Step(MEASURE, FitSettings(interests)))
    return replace(STUDY, stages=(*STUDY.stages[:2], build, fit))


# what used to end in a wrong number, or after everything before had been computed
WRONG: dict[str, tuple[Callable[[], Any], str, str]] = {
    "misspelt kind": (
        lambda: with_data(replace(ZZ, kind="simulatd")),  # type: ignore[arg-type]
        "the data set 'zz': its kind is 'simulatd', not one of 'measured', 'simulated'; did you mean 'simulated'?",
        "use one of: measured, simulated",
    ),
    "process of a data set with a purpose": (
        lambda: with_data(SPARE, processes=(HIGGS, replace(FOUR, datasets=("zz", "spare")))),
        "the process 'four' names the data set 'spare', which no histogram is filled with",
        "leave purpose='calibration' out of the Dataset",
    ),
    "process of a data set that is not filled": (
        lambda: replace(STUDY, stages=(STUDY.stages[0], replace(FILLED, datasets=("zz",)))),
        "the process 'higgs' names the data set 'signal', which no histogram is filled with",
        "add it to the datasets of the stage 'histograms'",
    ),
    "process of measured events": (
        lambda: replace(STUDY, processes=(HIGGS, FOUR, Process("fakes", "fakes", ("muons",)))),
        "the process 'fakes' names the measured data set 'muons', whose events count as data and never as a process",
        "name simulated data sets",
    ),
    "shift that is the same in both directions": (
        lambda: shifted(up={"scale": 1.1}, down={"scale": 1.1}),
        "the shift 'scale' is the same in both directions: scale=1.1",
        "give other values upwards than downwards",
    ),
    "shift of a fit": (
        lambda: replace(
            STUDY,
            stages=(*STUDY.stages[:2], Fit("fit", Step("lab.physics:fit", Selection()))),
            shifts=(replace(STUDY.shifts[0], of="fit"),),
        ),
        "the shift 'scale' changes settings of the stage 'fit', which no histogram is made of",
        "name a stage that the events of the histograms ('histograms') are made by",
    ),
    "shift of measured events": (
        lambda: shifted(datasets=("signal", "muons")),
        "the shift 'scale' names the measured data set 'muons', whose events are never shifted",
        "name simulated data sets",
    ),
    "campaign with a data set without luminosity": (
        lambda: with_data(replace(ELECTRONS, luminosity=None)),
        "the campaign 'both' has 4.4/fb, and its data set 'electrons' no luminosity, unlike others",
        "say luminosity=... (in 1/fb) in the Dataset 'electrons'",
    ),
    "campaign beside itself": (
        lambda: beside("both"),
        "the campaign 'both' names 'both' beside it, which is no part of it",
        "name campaigns of some of its data sets",
    ),
    "campaign beside a part of it": (
        lambda: replace(STUDY, campaigns=(*STUDY.campaigns, replace(ONE, beside=("both",)))),
        "the campaign 'one' names 'both' beside it, which is no part of it",
        "name campaigns of some of its data sets",
    ),
    "campaign beside twice": (
        lambda: beside("one", "one"),
        "the campaign 'both' names 'one' beside it, which is no part of it, or is there twice",
        "each once",
    ),
    "unknown campaign beside": (
        lambda: beside("ones"),
        "the campaign 'both', beside, names the campaign 'ones', which does not exist; did you mean 'one'?",
        "use",
    ),
    "campaign with a data set twice": (
        lambda: replace(STUDY, campaigns=(Campaign("both", ("muons", "muons"), 8.8),)),
        "the campaign 'both' has the data set 'muons' twice",
        "name it once",
    ),
    "region of a model": (
        lambda: fitted(channels=(Channel("al", "mass"),)),
        "the stage 'workspaces': the model 'mass' names the region 'al', which does not exist; did you mean 'all'?",
        "use some of: all",
    ),
    "variable of a model": (
        lambda: fitted(channels=(Channel("all", "mas"),)),
        "the model 'mass' names the variable 'mas', which does not exist; did you mean 'mass'?",
        "use some of: mass",
    ),
    "variable that a region does not have": (
        lambda: replace(
            STUDY,
            stages=(
                STUDY.stages[0],
                replace(FILLED, regions=(ALL, Region("more", "", ())), variables=(replace(MASS, regions=("all",)),)),
                replace(TO_FIT[0], step=Step(BUILD, replace(MODEL, channels=(Channel("more", "mass"),)))),
            ),
        ),
        "fits the variable 'mass' in the region 'more', in which it is not filled",
        "add the region to the variable's",
    ),
    "process of a strength": (
        lambda: fitted(strength={"hggs": "mu"}),
        "the model 'mass' names the process 'hggs', which does not exist; did you mean 'higgs'?",
        "use some of: higgs, four",
    ),
    "process of a normalisation": (
        lambda: fitted(normalisations=(Normalisation("rate", 0.1, ("for",)),)),
        "the model 'mass' names the process 'for', which does not exist; did you mean 'four'?",
        "use some of: higgs, four",
    ),
    "process of a free normalisation": (
        lambda: fitted(free=(Free("for", "rate"),)),
        "the model 'mass' names the process 'for'",
        "use some of: higgs, four",
    ),
    "region of a free normalisation": (
        lambda: fitted(free=(Free("four", "rate", ("al",)),)),
        "the model 'mass' names the region 'al'",
        "use some of: all",
    ),
    "shift of a model": (
        lambda: fitted(uncertainties=("scael",)),
        "the model 'mass' names the shift 'scael', which does not exist; did you mean 'scale'?",
        "use some of: scale, luminosity",
    ),
    "bounds of a model": (
        lambda: fitted(bounds={"mo": (0.0, 1.0)}),
        "the model 'mass' names the parameter of its bounds 'mo'",
        "use some of: mu, scale, luminosity",
    ),
    "data of a model": (
        lambda: fitted(data="dat"),
        "the model 'mass' names the process of its data 'dat', which does not exist; did you mean 'data'?",
        "use some of: data, higgs, four",
    ),
    "parameter of interest": (
        lambda: asked(Interest("mu_higs", "mu", "strength"), models=replace(MODEL, strength={"higgs": "mu_higgs"})),
        "the stage 'fit': the number 'mu' names the parameter 'mu_higs', which the model 'mass' does not have; did you "
        "mean 'mu_higgs'?",
        "use some of: mu_higgs, scale, luminosity",
    ),
    "workspace of interest": (
        lambda: asked(Interest("mu", "mu", "strength", workspace="mas")),
        "the number 'mu' names the workspace 'mas', which does not exist; did you mean 'mass'?",
        "use some of: mass",
    ),
    "parameter that one of two models has": (
        lambda: asked(
            Interest("nu", "nu", ""), models=Models((MODEL, replace(MODEL, name="other", strength={"four": "nu"})))
        ),
        "the number 'nu' names the parameter 'nu', which the model 'mass' does not have",
        "say Interest(..., workspace='other')",
    ),
    "settings that can be changed": (
        lambda: with_stage("candidates", step=Step("lab.physics:select", Loose())),
        "the stage 'candidates': its step.settings is of the dataclass Loose, which can be changed",
        "declare it @dataclass(frozen=True)",
    ),
    "class of settings": (
        lambda: with_stage("candidates", step=Step("lab.physics:select", Selection)),
        "the stage 'candidates': its step.settings is the class Selection, not an object of it",
        "write Selection()",
    ),
    "array in settings": (
        lambda: with_stage("candidates", step=Step("lab.physics:select", Selection(np.ones(3)))),  # type: ignore[arg-type]
        "the stage 'candidates': its step.settings.scale is a numpy ndarray, not plain numbers",
        "write a tuple of numbers, such as tuple(array.tolist())",
    ),
    "array as edges": (
        lambda: replace(MASS, edges=np.linspace(0.0, 1.0, 3)),  # type: ignore[arg-type]
        "the variable 'mass': its edges are a numpy ndarray, not a tuple",
        "write a tuple of numbers, such as tuple(array.tolist())",
    ),
    "function in place of a step": (
        lambda: Events("selected", dataset),  # type: ignore[arg-type]
        "the stage 'selected': its step is the function dataset, not a Step",
        'write Step("tests.analysis.test_validation:dataset")',
    ),
    "name in place of a step": (
        lambda: Events("selected", "lab.physics:select"),  # type: ignore[arg-type]
        "the stage 'selected': its step is 'lab.physics:select', not a Step",
        'write Step("lab.physics:select")',
    ),
    "number as a text": (
        lambda: Cut("mass", ">", "70"),  # type: ignore[arg-type]
        "the cut on 'mass': its value is '70', not a finite number or True or False",
        "write value=NUMBER, without quotes",
    ),
    "relation": (
        lambda: Cut("mass", "=>", 70.0),  # type: ignore[arg-type]
        "the cut on 'mass': its relation is '=>', not one of",
        "use one of: <, <=, >, >=, ==, !=",
    ),
    "cut in place of a tuple": (
        lambda: Region("all", "A", Cut("mass", ">", 1.0)),  # type: ignore[arg-type]
        "the region 'all': its cuts are a Cut, not a tuple",
        "write cuts=(Cut(...),): the comma makes it a tuple",
    ),
    "text in place of a tuple": (
        lambda: Process("higgs", "H", ("signal")),  # type: ignore[arg-type]
        "the process 'higgs': its datasets are 'signal', not a tuple",
        "write datasets=('signal',): the comma makes it a tuple",
    ),
    "caption in place of captions": (
        lambda: Figures("figures", STEP, captions=("a", "A", "text")),  # type: ignore[arg-type]
        "the stage 'figures': its captions[0] is 'a', not a tuple of 3",
        "write captions=((name, title, sentence),)",
    ),
    "stage in place of stages": (
        lambda: replace(STUDY, stages=FILLED),  # type: ignore[arg-type]
        "the study 'lab': its stages are a Histograms, not a tuple",
        "write stages=(Histograms(...),)",
    ),
    "cross section as a text": (
        lambda: with_data(replace(ZZ, cross_section="0.1")),  # type: ignore[arg-type]
        "the data set 'zz': its cross_section is '0.1', not a finite number",
        "write cross_section=NUMBER, without quotes",
    ),
    "cross section": (
        lambda: with_data(replace(ZZ, cross_section=-1.0)),
        "the data set 'zz': its cross_section is -1.0",
        "give a number above 0, in pb",
    ),
    "number of generated events": (
        lambda: with_data(replace(ZZ, generated=-10)),
        "the data set 'zz': its generated is -10",
        "give a number above 0",
    ),
    "luminosity": (
        lambda: with_data(replace(MUONS, luminosity=-4.4)),
        "the data set 'muons': its luminosity is -4.4",
        "give a number above 0, in 1/fb",
    ),
    "size of chunks": (
        lambda: replace(STUDY, chunk_events=0),
        "the study 'lab': its chunk_events is 0",
        "give a number above 0",
    ),
    "edges that are no numbers": (
        lambda: replace(MASS, edges=("0", "1")),  # type: ignore[arg-type]
        "the variable 'mass': its edges[0] is '0', not a finite number",
        "without quotes",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_meant(what: str):
    make, problem, cure = WRONG[what]
    with pytest.raises(StudyError) as caught:
        make()
    assert problem in caught.value.problem
    assert cure in caught.value.cure


def test_what_is_meant():
    assert fitted()
    assert asked(Interest("mu", "mu", ""), Interest("scale", "scale", ""), Interest("luminosity", "l", ""))
    # a direction may be the nominal one; a campaign may be the only one to tell a luminosity
    assert shifted(down={"scale": 1.0})
    assert with_data(replace(MUONS, luminosity=None), replace(ELECTRONS, luminosity=None))
    # a data set may serve a purpose and be filled where a stage says so
    own = replace(FILLED, name="others", datasets=("calibration",), processes=(Process("spare", "", ("spare",)),))
    assert with_data(SPARE, stages=(*STUDY.stages, own))
    # sums of weights are no whole numbers
    assert with_data(replace(ZZ, generated=10.5))  # type: ignore[arg-type]


def test_checking_needs_nothing_heavy(repository: Path):
    code = (
        "import sys, analysis.study as s; from analysis.inference.histfactory_settings import Channel, Model; "
        "s.Study('a', stages=(s.Workspaces('workspaces', s.Step('analysis.inference.histfactory:build', "
        "Model('m', (Channel('all', 'mass'),)))),)); print(sorted({'numpy', 'law', 'jax'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
