"""True hits of particles in the pixel detector, and the clusters that are measured of them, both by ACTS."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import acts
import acts.examples
import acts.examples.json
import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.noise import generator
from analysis.studies.tracking.acts_events import QUIET, Event, components, detector, magnetic_field
from analysis.studies.tracking.simulation.collisions import collide

if TYPE_CHECKING:
    from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings

__all__ = ["generate", "simulate"]

# stages of the simulation; each has random numbers of its own
_COLLISION, _PASSAGE, _DIGITISATION = 1, 2, 3
# particles that begin beyond this radius and distance in mm leave no three hits
_WORLD = (120.0, 1000.0)
_HIT = ("x", "y", "z", "px", "py", "pz", "energy", "left")


def generate(identity: NDArray[np.uint64], settings: CollisionSettings) -> ak.Array:
    """Particles of collisions and their true hits in the pixel detector (Fatras).

    Args:
        identity: (n,).
        settings: of the collisions.

    Returns:
        Records with ``identity``; ``particles`` (:func:`analysis.studies.tracking.simulation.collisions.collide`);
        ``hits``: ``module``, ``particle`` (its place in the event, -1 of what the material made), ``x``, ``y``, ``z``
        in mm, ``px``, ``py``, ``pz`` and ``energy`` before it in GeV, ``left``, which it leaves behind, in GeV. Hits
        are in the order of their modules.
    """
    identity = np.asarray(identity, np.uint64)
    particles, hits = [], []
    for one in identity:
        particles.append(collide(generator(one, _COLLISION), settings))
        hits.append(_hits(particles[-1], int(generator(one, _PASSAGE).integers(2**32)), settings))
    return ak.zip({"identity": identity, "particles": _lists(particles), "hits": _lists(hits)}, depth_limit=1)


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Clusters of pixels, in the order of their modules as the true hits are.

    Args:
        truth: of :func:`generate`.
        settings: of the readout.

    Returns:
        Records with ``identity`` and ``clusters``: ``module``, and ``u`` and ``v``, where it is on that, mm.

    Raises:
        DataError: a hit has no cluster; each has one, so that the truth of a cluster is the hit in the same place.
    """
    clusters = [_clusters(one, settings) for one in truth]
    return ak.zip({"identity": truth.identity, "clusters": _lists(clusters)}, depth_limit=1)


def _lists(events: list[dict[str, NDArray[Any]]]) -> ak.Array:
    """Columns of each event as lists of records."""
    numbers = [len(next(iter(one.values()))) for one in events]
    return ak.unflatten(ak.zip({name: np.concatenate([one[name] for one in events]) for name in events[0]}), numbers)


def _hits(particles: dict[str, NDArray[Any]], seed: int, settings: CollisionSettings) -> dict[str, NDArray[Any]]:
    """Let particles pass through the detector."""
    unit, event = acts.UnitConstants, Event()
    inside = np.hypot(particles["x"], particles["y"]) < _WORLD[0]
    inside &= np.abs(particles["z"]) < _WORLD[1]
    place, momentum = (np.stack([particles[name] for name in names], axis=1) for names in (("x", "y", "z"), _HIT[3:6]))
    size = np.linalg.norm(momentum, axis=1)
    container = acts.examples.SimParticleContainer()
    for number in np.flatnonzero(inside).tolist():
        barcode = acts.examples.SimBarcode()
        barcode.vertexPrimary, barcode.particle = int(particles["vertex"][number]) + 1, number + 1
        particle = acts.examples.SimParticle(barcode, acts.PdgParticle(int(particles["pdg"][number])))
        particle.fourPosition = acts.Vector4(*place[number].tolist(), 0.0)
        particle.direction = acts.Vector3(*(momentum[number] / size[number]).tolist())
        particle.absoluteMomentum = float(size[number]) * unit.GeV
        container.insert(particle)
    event.put("particles", container)
    on = settings.detector.interactions
    event.run(
        acts.examples.FatrasSimulation(
            level=QUIET,
            inputParticles="particles",
            outputParticles="simulated",
            outputSimHits="hits",
            randomNumbers=acts.examples.RandomNumbers(seed=seed),
            trackingGeometry=detector(),
            magneticField=magnetic_field(settings.detector.field),
            generateHitsOnSensitive=True,
            emScattering=on,
            emEnergyLossIonisation=on,
            emEnergyLossRadiation=on,
            emPhotonConversion=on,
        )
    )
    module, particle_of, numbers = [], [], []
    for hit in event.get("hits", acts.examples.SimHitContainer):
        barcode, before = hit.particleId, hit.momentum4Before
        module.append(hit.geometryId.value)
        particle_of.append(barcode.particle - 1 if barcode.generation == 0 else -1)
        numbers.append((*components(hit.fourPosition), *components(before, 4), hit.depositedEnergy))
    columns = np.array(numbers, np.float64).reshape(-1, len(_HIT)).T
    return {
        "module": np.array(module, np.uint64),
        "particle": np.array(particle_of, np.int32),
        **{
            name: column if name in ("x", "y", "z") else column.astype(np.float32)
            for name, column in zip(_HIT, columns, strict=True)
        },
    }


def _clusters(truth: Any, settings: SimulationSettings) -> dict[str, NDArray[Any]]:
    """Measure the hits of an event; a place outside of the module is drawn anew."""
    hits = truth.hits
    modules = np.asarray(hits.module)
    numbers = np.stack([np.asarray(hits[name], np.float64) for name in _HIT], axis=1)
    seeds = generator(int(truth.identity), _DIGITISATION).integers(2**32, size=settings.attempts).tolist()
    places, waiting = np.zeros((len(modules), 2)), np.arange(len(modules))
    for seed in seeds:
        found, measured = _digitised(modules[waiting], numbers[waiting], seed, settings)
        places[waiting[found]] = measured
        waiting = np.delete(waiting, found)
        if not len(waiting):
            break
    else:
        raise DataError(
            f"{len(waiting)} of {len(modules)} true hits have no cluster after {settings.attempts} attempts",
            cure="raise the setting 'attempts'",
        )
    return {"module": modules, "u": places[:, 0].astype(np.float32), "v": places[:, 1].astype(np.float32)}


def _digitised(
    modules: NDArray[np.uint64], numbers: NDArray[np.float64], seed: int, settings: SimulationSettings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers of the hits that have clusters, and places of these; hits are in the order of their modules."""
    event, container = Event(), acts.examples.SimHitContainer()
    for number, (module, (x, y, z, px, py, pz, energy, left)) in enumerate(
        zip(modules.tolist(), numbers.tolist(), strict=True)
    ):
        before, after = acts.Vector4(px, py, pz, energy), acts.Vector4(px, py, pz, energy - left)
        place, nobody = acts.Vector4(x, y, z, 0.0), acts.examples.SimBarcode()
        container.insert(acts.examples.SimHit(acts.GeometryIdentifier(module), nobody, place, before, after, number))
    event.put("hits", container)
    event.run(_digitisation(seed, settings))
    measured = event.get("measurements", acts.examples.MeasurementContainer)
    places = [components(one.fullParameters, 2) for one in measured]
    found = dict(event.get("measurement_hits", acts.examples.MeasurementSimHitsMap))
    return np.array([found[number] for number in range(len(places))], np.int64), np.array(places).reshape(-1, 2)


def _digitisation(seed: int, settings: SimulationSettings) -> Any:
    """ACTS' digitisation of the whole detector."""
    configuration = acts.examples.DigitizationAlgorithm.Config(
        digitizationConfigs=_smearing(settings.resolution),
        surfaceByIdentifier=detector().geoIdSurfaceMap(),
        randomNumbers=acts.examples.RandomNumbers(seed=seed),
        inputSimHits="hits",
        outputMeasurements="measurements",
        outputClusters="clusters",
        outputMeasurementSubset="subset",
        outputMeasurementParticlesMap="measurement_particles",
        outputMeasurementSimHitsMap="measurement_hits",
        outputParticleMeasurementsMap="particle_measurements",
        outputSimHitMeasurementsMap="hit_measurements",
    )
    return acts.examples.DigitizationAlgorithm(configuration, QUIET)


@cache
def _smearing(resolution: float) -> Any:
    """Resolutions of all modules, which ACTS reads from a file alone."""
    normal = [{"index": axis, "mean": 0.0, "stddev": resolution, "type": "Gauss"} for axis in (0, 1)]
    volumes = sorted({one.volume for one in detector().geoIdSurfaceMap() if one.sensitive})
    described = {
        "acts-geometry-hierarchy-map": {"format-version": 0, "value-identifier": "digitization-configuration"},
        "entries": [{"volume": volume, "value": {"smearing": normal}} for volume in volumes],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digitisation.json"
        file.write_text(json.dumps(described), encoding="utf-8")
        return acts.examples.json.readDigiConfigFromJson(str(file))
