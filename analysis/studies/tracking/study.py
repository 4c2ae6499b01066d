"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from analysis.preservation.expectations import Tolerance
from analysis.stages import Stage
from analysis.studies.tracking import captions
from analysis.studies.tracking.detector.settings import BeamSpotSettings, LayerSettings
from analysis.studies.tracking.optimisation.settings import OptimisationSettings
from analysis.studies.tracking.peers.settings import SeederSettings
from analysis.studies.tracking.performance.settings import PerformanceSettings
from analysis.studies.tracking.reconstruction.settings import SeedingSettings
from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings
from analysis.study import Dataset, Events, Figures, Result, Statistics, Step, Study

__all__ = ["study"]

_HERE = "analysis.studies.tracking"
_PERFORMANCE = PerformanceSettings()


def _collisions(name: str, title: str, number: int, settings: CollisionSettings, purpose: str = "") -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step(f"{_HERE}.simulation.events:generate", settings),
        simulate=Step(f"{_HERE}.simulation.events:simulate", SimulationSettings()),
        generated=number,
    )


_DATASETS = (
    *(
        _collisions(f"vertices_{vertices}", f"{vertices} vertices of 30 pions", number, CollisionSettings(vertices))
        for vertices, number in ((10, 60), (25, 24), (50, 12), (100, 8), (200, 4))
    ),
    _collisions("decays", "50 vertices of 20 pions and 5 decays of K0S", 30, CollisionSettings(50, kaons=5)),
    _collisions(
        "realistic",
        "60 vertices on average, with fluctuations and a spectrum as of minimum-bias collisions",
        16,
        CollisionSettings(60, pt=(0.15, 5.0), realistic=True),
    ),
    _collisions("beam", "10 vertices, for the beam spot and the layers", 40, CollisionSettings(10), "calibration"),
    _collisions("tuning", "100 vertices with decays, for the cuts", 2, CollisionSettings(100, kaons=3), "cuts"),
)

study = Study(
    name="tracking",
    title="Seeds of tracks by a cellular automaton",
    datasets=_DATASETS,
    stages=(
        # what an alignment says, and no event
        Stage("detector", Step(f"{_HERE}.detector.modules:describe"), format="arrays"),
        Result("beam_spot", Step(f"{_HERE}.detector.beam_spot:derive", BeamSpotSettings()), datasets=("calibration",)),
        Result("layers", Step(f"{_HERE}.detector.layers:derive", LayerSettings()), datasets=("calibration",)),
        Events(
            "space_points",
            Step(f"{_HERE}.reconstruction.space_points:reconstruct"),
            datasets=("simulated", "calibration", "cuts"),
            task="ReconstructEvents",
        ),
        Events("peers", Step(f"{_HERE}.peers.seeders:find", SeederSettings()), datasets=("simulated", "cuts")),
        Result(
            "optimisation",
            Step(f"{_HERE}.optimisation.search:optimise", OptimisationSettings()),
            datasets=("cuts",),
        ),
        Events(
            "seeds",
            Step(f"{_HERE}.reconstruction.seeding:find", SeedingSettings()),
            datasets=("simulated", "cuts"),
        ),
        Result("performance", Step(f"{_HERE}.performance.evaluation:evaluate", _PERFORMANCE), datasets=("simulated",)),
        Figures(
            "seed_figures",
            Step(f"{_HERE}.figures.seeds:draw", _PERFORMANCE),
            datasets=("simulated", "cuts"),
            captions=captions.SEEDS,
            simulation=True,
            title="Seeds",
        ),
        Figures(
            "detector_figures",
            Step(f"{_HERE}.figures.detector:draw"),
            datasets=("calibration",),
            captions=captions.DETECTOR,
            simulation=True,
            title="Detector",
        ),
    ),
    statistics=(
        Statistics("default", 1.0),
        Statistics("large", 10.0),
        Statistics("small", 0.3, {"optimisation.trials": "4", "optimisation.population": "2"}),
    ),
    measures="How well a cellular automaton finds seeds of tracks in a pixel detector at up to 200 simulated vertices, "
    "beside the seeders of ACTS on the same events",
    highlights=(
        "efficiency_automaton_vertices_100",
        "efficiency_grid_vertices_100",
        "fakes_automaton_vertices_100",
        "fakes_grid_vertices_100",
        "efficiency_automaton_vertices_200",
        "fakes_automaton_vertices_200",
    ),
    chunk_events=20,
    tolerances=(Tolerance("*", "statistical", 1.0, "cuts meet values that are rounded otherwise on other processors"),),
    experiment="ACTS Generic detector",
    extra="tracking",
)
"""The study ``tracking``."""
