"""What a study says is checked against itself when it is made: each mistake is one clear error."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.histograms.weight_settings import Weights, WeightUncertainty
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.study import (
    Campaign,
    Cut,
    Dataset,
    Events,
    Figures,
    Histograms,
    Network,
    Process,
    Region,
    Schema,
    Shift,
    SourceFile,
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
    with pytest.raises(StudyError, match=rf"two {kind}s are called '\w+' \(numbers \d and \d\)") as caught:
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
    assert problem in caught.value.problem
    assert "use 1 to 80 of the letters" in caught.value.cure


def test_a_data_set_cannot_be_called_like_another_one_under_a_shift():
    with pytest.raises(StudyError, match=r"the data set 'signal\.scale_up' has a name with '\.'"):
        replace(STUDY, datasets=(*STUDY.datasets, replace(dataset("x", "measured"), name="signal.scale_up")))


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
    assert "leave this branch out" in caught.value.cure


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
    assert replace(
        STUDY, datasets=datasets, stages=(with_stage("histograms", datasets=("signal",)).stages[1],), shifts=()
    )
