"""Truth matching beside that of ACTS."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

acts = pytest.importorskip("acts")

from analysis.studies.tracking.acts_events import QUIET, Event
from analysis.studies.tracking.peers.seeders import find
from analysis.studies.tracking.peers.settings import SeederSettings
from analysis.studies.tracking.performance.matching import match, particles_of
from analysis.studies.tracking.performance.settings import PerformanceSettings
from tests.analysis.studies.tracking.conftest import Collisions


def barcode(number: int) -> Any:
    found = acts.examples.SimBarcode()
    found.vertexPrimary, found.particle = 1, number + 1
    return found


def counted_by_acts(truth: Any, seeds: list[list[int]], wanted: np.ndarray, writer: Any, event: Event) -> None:
    """Let ACTS match the seeds of an event and count."""
    examples = acts.examples
    particles, of_measurement, of_particle = (
        examples.SimParticleContainer(),
        examples.MeasurementParticlesMap(),
        examples.ParticleMeasurementsMap(),
    )
    for number in np.flatnonzero(wanted).tolist():
        one = truth.particles[number]
        particle = examples.SimParticle(barcode(number), acts.PdgParticle(int(one.pdg)))
        momentum = np.array([one.px, one.py, one.pz])
        particle.direction = acts.Vector3(*(momentum / np.linalg.norm(momentum)).tolist())
        particle.absoluteMomentum = float(np.linalg.norm(momentum))
        particles.insert(particle)
    measurements = examples.MeasurementContainer()
    for number, (module, owner) in enumerate(zip(truth.hits.module, truth.hits.particle, strict=True)):
        measurements.emplaceMeasurement(
            acts.GeometryIdentifier(int(module)), [0, 1], [0.0, 0.0], [0.0002, 0.0, 0.0, 0.0002]
        )
        of_measurement.insert(number, barcode(int(owner)))
        of_particle.insert(barcode(int(owner)), number)
    for name, value in (
        ("particles", particles),
        ("measurements", measurements),
        ("owners", of_measurement),
        ("owned", of_particle),
        ("protos", examples.ProtoTrackContainer([examples.ProtoTrack(seed) for seed in seeds])),
    ):
        event.put(name, value)
    event.run(
        examples.ProtoTracksToTracks(
            level=QUIET, inputMeasurements="measurements", inputProtoTracks="protos", outputTracks="tracks"
        )
    )
    event.run(
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
    event.run(writer)


def test_efficiency_is_that_of_the_writer_of_acts(collisions: Collisions) -> None:
    settings = PerformanceSettings()
    seeds = find(collisions.points, collisions.layers, SeederSettings()).grid
    particles = particles_of(collisions.truth, (collisions.beam_spot["x"], collisions.beam_spot["y"]))
    wanted = particles.wanted(settings) & (particles.pt > settings.pt)
    ours = match(collisions.truth, seeds, particles).found[wanted].mean()
    writer = acts.examples.PythonPatternRecognitionPerformanceWriter(
        level=QUIET,
        inputTracks="tracks",
        inputParticles="particles",
        inputTrackParticleMatching="matched",
        inputParticleTrackMatching="matching",
        inputParticleMeasurementsMap="owned",
    )
    for number, (truth, found) in enumerate(zip(collisions.truth, seeds, strict=True)):
        own = wanted[particles.first[number] : particles.first[number + 1]]
        counted_by_acts(truth, ak.to_list(found), own, writer, Event())
    stats = writer.stats()
    print(stats)
    theirs = stats["nTotalMatchedParticles"] / stats["nTotalParticles"]
    assert abs(ours - theirs) < 0.005


def test_fakes_and_duplicates_count_once(collisions: Collisions) -> None:
    truth = ak.Array(
        {
            "particles": [[{name: 1.0 for name in ("x", "y", "px", "py", "pz")} for _ in range(2)]],
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
