"""The study as one object: htautau, with a refiner of simulated events and the shift that it makes."""

from __future__ import annotations

from dataclasses import replace

from analysis.learning.loss_settings import Refinement
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.refiner_settings import RefinerSettings
from analysis.learning.optimizer_settings import Adam, AdamW
from analysis.learning.settings import TrainingSettings
from analysis.studies.htautau import measuring
from analysis.studies.htautau.study import study as htautau
from analysis.studies.htautau_refined.settings import (
    ComparisonSettings,
    FigureSettings,
    RefinementSettings,
    RefiningSettings,
    StrengthSettings,
)
from analysis.study import Events, Figures, Fit, Inputs, Network, Result, Scores, Shift, Step, Training, Variable

__all__ = ["study"]

_HERE = "analysis.studies.htautau_refined"
# what the fit of htautau finds for top quarks, so that these are not what the refiner makes up for
_FACTORS = (("tt", 0.54),)
_REGIONS = {region.name: region for region in measuring.REGIONS}
_FOLDS = htautau.stage("training").networks[0].training.folds

_REFINER = Network(
    "refiner",
    Step("analysis.learning.networks.refiner:build", RefinerSettings(hidden=(32, 32), critic=(64, 64))),
    TrainingSettings(
        folds=_FOLDS,
        epochs=80,
        patience=80,
        batch_size=384,
        learning_rate=2e-3,
        optimizer=Adam(b1=0.0, b2=0.9),
        averaging=0.99,
        loss=Refinement(critic_steps=3, penalty=1.0, closeness=0.1),
        validation="class_distance",
    ),
    "residual network and critic",
)
_CLASSIFIER = Network(
    "dense",
    Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(32,), segments=0)),
    TrainingSettings(folds=_FOLDS, epochs=25, batch_size=256, optimizer=AdamW(weight_decay=0.5)),
)

_COMPARED = ComparisonSettings(
    features=htautau.stage("inputs").step.settings.features,
    tested=_REGIONS["high_mt"],
    other=_REGIONS["top"],
    weights=measuring.WEIGHTS,
    factors=_FACTORS,
)
_COMPARE = Step(f"{_HERE}.comparison:compare", _COMPARED)
_REFINE = Step(f"{_HERE}.refining:refine", RefiningSettings())

REFINEMENT = Shift("refinement", "refined features", "refined", up={"strength": 1.0}, down={"strength": -1.0})
_SHIFTED = replace(measuring.MODEL, sources=(*measuring.MODEL.sources, REFINEMENT.source))

_VARIABLES = (
    Variable("deta_tt", r"$|\Delta\eta(\mu, \tau)|$", "", tuple(round(0.25 * i, 2) for i in range(15))),
    Variable("jpt_1", r"$p_T$ of the first jet", "GeV", tuple(30.0 + 10.0 * i for i in range(14))),
    Variable("pt_tt", r"$p_T^{\tau\tau}$", "GeV", tuple(10.0 * i for i in range(13))),
    Variable("m_vis", r"$m_{vis}$", "GeV", tuple(20.0 + 15.0 * i for i in range(13))),
)


def _classified(name: str, events: str, halves: bool = False) -> tuple[Inputs, Training, Scores]:
    step = replace(_COMPARE, settings=replace(_COMPARED, halves=halves))
    return (
        Inputs(name, step, of={"reconstructed": events}),
        Training(
            f"{name}_training",
            inputs=name,
            datasets=("measured",) if halves else ("simulated", "measured"),
            networks=(_CLASSIFIER,),
        ),
        Scores(f"{name}_scores", training=f"{name}_training"),
    )


study = replace(
    htautau,
    name="htautau_refined",
    title=r"$H \to \tau\tau \to \mu\tau_h$ with features refined at high $m_T$",
    measures="Agreement of refined simulation with data, and strengths with it",
    highlights=(),
    campaigns=(replace(htautau.campaigns[0], beside=()),),
    shifts=(*htautau.shifts, REFINEMENT),
    stages=(
        *(htautau.stage(name) for name in ("calibration", "calibrated", "reconstructed", "pileup")),
        Inputs(
            "refinement_inputs",
            Step(
                f"{_HERE}.refining:prepare",
                RefinementSettings(_REGIONS["high_mt"], measuring.WEIGHTS, _FACTORS),
            ),
        ),
        Training("refinement", inputs="refinement_inputs", datasets=("simulated", "measured"), networks=(_REFINER,)),
        Scores("refinement_scores", training="refinement"),
        # all of what the refiner says, for the comparison with data
        Events("calibrated_anew", replace(_REFINE, settings=RefiningSettings(strength=1.0))),
        Events("events_anew", htautau.stage("reconstructed").step, of={"calibrated": "calibrated_anew"}),
        *_classified("before", "reconstructed"),
        *_classified("after", "events_anew"),
        *_classified("halves", "reconstructed", halves=True),
        Result(
            "refinement_test",
            Step(f"{_HERE}.comparison:evaluate"),
            of={"training": "before_training"},
        ),
        Figures(
            "refinement_figures",
            Step(
                f"{_HERE}.figures:draw",
                FigureSettings(_VARIABLES, r"high $m_T$, other half"),
            ),
            captions=tuple(
                (one.name, one.title, "Simulation before and after the refinement, and data that it has not seen.")
                for one in _VARIABLES
            ),
            title="Refinement",
        ),
        # nominal events are those of htautau; the shift changes them
        Events("refined", _REFINE),
        Events("events", htautau.stage("reconstructed").step, of={"calibrated": "refined"}),
        replace(htautau.stage("inputs"), of={"reconstructed": "events"}),
        replace(htautau.stage("training"), tunings=()),
        htautau.stage("scores"),
        replace(htautau.stage("histograms"), events="events", per_seed=False),
        Result(
            "strengths",
            Step(
                f"{_HERE}.strengths:measure_strengths",
                StrengthSettings(
                    measuring.MODEL,
                    REFINEMENT.source,
                    tuple((one.parameter, one.title) for one in measuring.FIT.interest),
                ),
            ),
            per="campaign",
        ),
        replace(
            htautau.stage("workspaces"),
            step=Step("analysis.studies.htautau.workspace:build", _SHIFTED),
            per_seed=False,
        ),
        Fit("fit", Step("analysis.inference.measurement:measure", measuring.FIT)),
    ),
)
"""The study ``htautau_refined``."""
