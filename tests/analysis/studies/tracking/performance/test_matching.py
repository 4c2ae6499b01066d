"""Truth matching beside that of ACTS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
from numpy.typing import NDArray

acts = pytest.importorskip("acts")

from analysis.studies.tracking.acts_events import QUIET  # noqa: E402
from analysis.studies.tracking.peers.seeders import find  # noqa: E402
from analysis.studies.tracking.peers.settings import SeederSettings  # noqa: E402
from analysis.studies.tracking.performance.matching import match, particles_of  # noqa: E402
from analysis.studies.tracking.performance.settings import PerformanceSettings  # noqa: E402
from tests.analysis.studies.tracking.conftest import Collisions  # noqa: E402


def barcode(number: int) -> Any:
    found = acts.examples.SimBarcode()
    found.vertexPrimary, found.particle = 1, number + 1
    return found


class Deliver(acts.examples.IAlgorithm):  # type: ignore[name-defined]
    """Puts particles, measurements and seeds of each event where ACTS' own algorithms find them."""

    def __init__(self, truth: ak.Array, seeds: ak.Array, wanted: list[NDArray[np.bool_]]) -> None:
        super().__init__("Deliver", QUIET)
        self.truth, self.seeds, self.wanted = truth, seeds, wanted
        self.kept: list[Any] = []
        kinds = {
            "particles": acts.examples.SimParticleContainer,
            "measurements": acts.examples.MeasurementSubset,
            "owners": acts.examples.MeasurementParticlesMap,
            "owned": acts.examples.ParticleMeasurementsMap,
            "protos": acts.examples.ProtoTrackContainer,
        }
        self.handles = {name: acts.examples.WriteDataHandle(self, kind, name) for name, kind in kinds.items()}
        for name, handle in self.handles.items():
            handle.initialize(name)

    def execute(self, context: Any) -> Any:
        truth, examples = self.truth[context.eventNumber], acts.examples
        particles, owners = examples.SimParticleContainer(), examples.MeasurementParticlesMap()
        owned, measurements = examples.ParticleMeasurementsMap(), examples.MeasurementContainer()
        for number in np.flatnonzero(self.wanted[context.eventNumber]).tolist():
            one = truth.particles[number]
            particle = examples.SimParticle(barcode(number), acts.PdgParticle(int(one.pdg)))
            momentum = np.array([one.px, one.py, one.pz])
            particle.direction = acts.Vector3(*(momentum / np.linalg.norm(momentum)).tolist())
            particle.absoluteMomentum = float(np.linalg.norm(momentum))
            particles.insert(particle)
        for number, (module, owner) in enumerate(zip(truth.hits.module, truth.hits.particle, strict=True)):
            measurements.emplaceMeasurement(acts.GeometryIdentifier(int(module)), [0, 1], [0.0, 0.0], [2e-4, 2e-4])
            owners.insert(number, barcode(int(owner)))
            owned.insert(barcode(int(owner)), number)
        # the subset refers to them
        self.kept.append(measurements)
        protos = [examples.ProtoTrack(seed) for seed in ak.to_list(self.seeds[context.eventNumber])]
        for name, value in {
            "particles": particles,
            "measurements": examples.MeasurementSubset(measurements, list(range(len(measurements)))),
            "owners": owners,
            "owned": owned,
            "protos": examples.ProtoTrackContainer(protos),
        }.items():
            self.handles[name](context, value)
        return examples.ProcessCode.SUCCESS


def test_efficiency_is_that_of_the_writer_of_acts(collisions: Collisions, tmp_path: Path) -> None:
    settings, examples = PerformanceSettings(), acts.examples
    truth = collisions.truth[:5]
    seeds = find(collisions.points[:5], collisions.layers, SeederSettings()).grid
    particles = particles_of(truth, (collisions.beam_spot["x"], collisions.beam_spot["y"]))
    wanted = particles.wanted(settings)
    writer = examples.PythonPatternRecognitionPerformanceWriter(
        level=QUIET,
        inputTracks="tracks",
        inputParticles="particles",
        inputTrackParticleMatching="matched",
        inputParticleTrackMatching="matching",
        inputParticleMeasurementsMap="owned",
    )
    sequencer = examples.Sequencer(
        events=len(truth), numThreads=1, logLevel=QUIET, outputDir=str(tmp_path), trackFpes=False
    )
    sequencer.addAlgorithm(Deliver(truth, seeds, np.split(wanted, particles.first[1:-1])))
    sequencer.addAlgorithm(
        examples.ProtoTracksToTracks(
            level=QUIET, inputMeasurements="measurements", inputProtoTracks="protos", outputTracks="tracks"
        )
    )
    sequencer.addAlgorithm(
        examples.TrackTruthMatcher(
            level=QUIET,
            inputTracks="tracks",
            inputParticles="particles",
            inputMeasurementParticlesMap="owners",
            outputTrackParticleMatching="matched",
            outputParticleTrackMatching="matching",
            matchingRatio=1.0,
            doubleMatching=False,
        )
    )
    sequencer.addWriter(writer)
    sequencer.run()
    stats = writer.stats()
    theirs = stats["nTotalMatchedParticles"] / stats["nTotalParticles"]
    assert stats["nTotalParticles"] == wanted.sum()
    assert abs(match(truth, seeds, particles).found[wanted].mean() - theirs) < 0.005


def test_fakes_and_duplicates_count_once(collisions: Collisions) -> None:
    truth = ak.Array(
        {
            "particles": [[dict.fromkeys(("x", "y", "px", "py", "pz"), 1.0) for _ in range(2)]],
            "hits": [[{"particle": owner} for owner in (0, 0, 0, 1, 1, -1)]],
        }
    )
    particles = particles_of(truth, (0.0, 0.0))
    assert particles.hits.tolist() == [3, 2]
    seeds = ak.Array([[[0, 1, 2], [0, 1, 2], [2, 3, 4], [4, 3, 2], [5, 5, 5]]])
    found = match(truth, seeds, particles)
    assert found.found.tolist() == [True, False]
    assert (found.seeds, found.pure, found.fakes) == (5, 2, 2)
    assert found.fake_share == pytest.approx(2 / 3)
    assert found.duplicates == pytest.approx(0.5)
