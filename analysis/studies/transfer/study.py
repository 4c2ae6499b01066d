"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from dataclasses import replace

from analysis.learning.pretrained_settings import Pretrained
from analysis.preservation.expectations import Tolerance
from analysis.studies.airshower.networks import NETWORKS
from analysis.studies.airshower.simulation.settings import DetectorSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.study import study as airshower
from analysis.studies.airshower.training_settings import FeatureSettings
from analysis.studies.transfer.settings import ALL, METHODS, TENTH, TEST, ComparisonSettings
from analysis.study import (
    Apply,
    Dataset,
    Inputs,
    Network,
    Published,
    Result,
    Scores,
    Statistics,
    Step,
    Study,
    Training,
    beside,
)

__all__ = ["study"]

# networks of the study airshower, in the detector as it was built
_ADDRESS, _DIGEST = beside("airshower-1"), "56bc382273f84fb941653f3c5b6605a72d01440791ac10ded209ff8488ac745c"

_FEATURES = FeatureSettings()
_MASSES = tuple(number for _, number in _FEATURES.primaries)
_SHOWERS = ShowerSettings(primaries=_MASSES, shares=(0.25, 0.25, 0.25, 0.25), spectral_index=1.0)
_NOMINAL = DetectorSettings()
# as in the study refinement: water and liners that have aged, and noisier electronics
_AGED = replace(_NOMINAL, decay=_NOMINAL.decay - 15.0, noise=2.0 * _NOMINAL.noise)


def _showers(name: str, title: str, generated: int) -> Dataset:
    """Showers of all primaries in the aged detector, as many at every energy."""
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        generate=Step("analysis.studies.airshower.simulation.showers:generate", _SHOWERS),
        simulate=Step("analysis.studies.airshower.simulation.events:simulate", SimulationSettings(detector=_AGED)),
        generated=generated,
    )


_DATASETS = (
    _showers(TENTH, "a tenth of the showers in the aged detector", 500),
    _showers(ALL, "showers in the aged detector", 5000),
    _showers(TEST, "showers in the aged detector that no network learns from", 4000),
    airshower.dataset("hybrid"),
    airshower.dataset("monitoring"),
)
_AGED_ALL = (TENTH, ALL, TEST)

_NOTHING: Network = NETWORKS[0]
# few events make few steps in an epoch
_OF_FEW = replace(_NOTHING.training, batch_size=32, epochs=60, patience=20)
_TUNED = replace(
    _OF_FEW,
    epochs=30,
    patience=10,
    learning_rate=1e-3,
    # what a trace is like has changed less than what 250 showers could tell of it
    start=Pretrained(_ADDRESS, _DIGEST, frozen=("encoder.*",)),
)


def _depths(name: str, dataset: str, network: Network) -> tuple[Training, Scores]:
    """A training of networks of X_max, and what they say of the showers for the test."""
    return (
        Training(name, inputs="inputs", networks=(network,), datasets=(dataset,)),
        Scores(f"{name}_depths", training=name, datasets=(TEST,)),
    )


study = Study(
    name="transfer",
    title="Published networks of air showers, tuned on a detector that has aged",
    datasets=_DATASETS,
    stages=(
        airshower.stage("calibration"),
        *(replace(airshower.stage(name), datasets=(*_AGED_ALL, "hybrid")) for name in ("calibrated", "fitted")),
        airshower.stage("scale"),
        replace(airshower.stage("reconstructed"), datasets=_AGED_ALL),
        Inputs("inputs", airshower.stage("inputs").step, datasets=_AGED_ALL),
        Apply("published_depths", events="inputs", model=Published(_ADDRESS, _DIGEST), datasets=(TEST,)),
        *_depths("tuned", TENTH, replace(_NOTHING, training=_TUNED)),
        *_depths("nothing_tenth", TENTH, replace(_NOTHING, training=_OF_FEW)),
        *_depths("nothing_all", ALL, replace(_NOTHING, training=replace(_NOTHING.training, batch_size=64))),
        Result(
            "comparison", Step("analysis.studies.transfer.comparison:compare", ComparisonSettings()), datasets=(TEST,)
        ),
    ),
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1)),
    measures="How well published networks serve another detector after a tenth of the events",
    highlights=tuple(f"resolution_{name}" for name in METHODS),
    target_unit="g/cm2",
    chunk_events=2000,
    tolerances=(Tolerance("*", "statistical", 1.0, "a training carries roundings on until it is another training"),),
    experiment="erumflow air showers",
)
"""The study ``transfer``."""
