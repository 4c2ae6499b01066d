"""Templates turn showers into normal numbers, and back."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.calorimeter.generation.inputs import generated_cells, particles_in, prepare
from analysis.studies.calorimeter.generation.settings import TemplateSettings
from analysis.studies.calorimeter.generation.templates import Templates, derive, particles_of
from analysis.studies.calorimeter.generation.variables import Particles, cells_of, variables_of

SETTINGS = TemplateSettings(components=3, nodes=3)


def events(number: int, start: int = 0) -> tuple[ak.Array, ak.Array]:
    """Showers of 6 cells with correlations and tails that follow the particle."""
    random = np.random.default_rng(start)
    energy = np.exp(random.uniform(0.0, 3.0, number))
    angle, photon = random.uniform(0.0, 20.0, number), random.integers(0, 2, number)
    common, own = random.normal(size=(number, 1)), random.normal(size=(number, 6))
    mean = np.array([4.0, 3.0, 2.0, 2.0, 1.0, 0.0]) + 0.1 * np.log(energy)[:, None] + 0.02 * angle[:, None]
    shares = np.exp(mean + 0.3 * common * np.array([1, 1, 1, -1, -1, -1]) + (0.1 + 0.05 * photon[:, None]) * own)
    cells = 1000 * energy[:, None] * shares / shares.sum(axis=1, keepdims=True) * random.normal(1.0, 0.02, (number, 1))
    identity = np.arange(start, start + number, dtype=np.uint64)
    calibrated = ak.zip(
        {"identity": identity, "cells": ak.from_numpy(cells.astype(np.float32), regulararray=True)}, depth_limit=1
    )
    truth = ak.zip({"identity": identity, "energy": energy, "angle": angle, "photon": photon.astype(np.int8)})
    return calibrated, truth


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    calibrated, truth = events(4000)
    return derive({"average": calibrated}, {"average": truth}, SETTINGS)


def test_variables_have_an_inverse() -> None:
    calibrated, truth = events(50)
    cells, energy = ak.to_numpy(calibrated.cells), ak.to_numpy(truth.energy)
    variables = variables_of(cells, energy, 0.003)
    np.testing.assert_allclose(cells_of(variables, energy, 0.003), cells, rtol=1e-5)
    np.testing.assert_allclose(variables[:, 0], cells.sum(axis=1) / 1000 / energy, rtol=1e-6)


def test_polynomials_go_on_in_straight_lines() -> None:
    energy = np.array([10.0, 20.0, 40.0, 80.0])
    terms = Particles(energy, np.full(4, 5.0), np.ones(4)).terms(np.log(2.0))
    # evenly spaced in the logarithm, and 10 GeV is the last
    np.testing.assert_allclose(np.diff(terms, 2, axis=0), 0.0, atol=1e-9)
    inside = Particles(energy, np.full(4, 5.0), np.ones(4)).terms(np.log(100.0))
    np.testing.assert_allclose(inside[0], terms[0], atol=1e-9)
    assert np.abs(np.diff(inside, 2, axis=0)).max() > 0.1


def test_other_showers_become_independent_normal_numbers(known: dict[str, Any]) -> None:
    calibrated, truth = events(3000, 10_000)
    found = Templates(**known).encode(ak.to_numpy(calibrated.cells), particles_of(truth))
    # shares add up to 1: the last component has next to no spread
    found = found[:, :-1]
    assert np.abs(found.mean(axis=0)).max() < 0.1
    assert np.abs(found.std(axis=0) - 1).max() < 0.1
    assert np.abs(np.corrcoef(found.T) - np.eye(6)).max() < 0.12


def test_components_are_showers_again(known: dict[str, Any]) -> None:
    calibrated, truth = events(300, 20_000)
    templates, particles, cells = Templates(**known), particles_of(truth), ak.to_numpy(calibrated.cells)
    components = templates.encode(cells, particles)
    inside = (np.abs(components) < 1.5).all(axis=1)
    assert inside.sum() > 50
    np.testing.assert_allclose(templates.decode(components, particles)[inside], cells[inside], rtol=2e-3)


def test_drawn_showers_look_like_true_ones(known: dict[str, Any]) -> None:
    calibrated, truth = events(3000, 30_000)
    cells, particles = ak.to_numpy(calibrated.cells), particles_of(truth)
    drawn = generated_cells(np.zeros((3000, 0), np.float32), ak.to_numpy(truth.identity), particles, Templates(**known))
    true, made = (variables_of(one, particles.energy, 0.003) for one in (cells, drawn))
    np.testing.assert_allclose(made.mean(axis=0), true.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(made.std(axis=0), true.std(axis=0), rtol=0.1)
    assert np.abs(np.corrcoef(made.T) - np.corrcoef(true.T)).max() < 0.12
    # an event's own, in any chunk
    part = slice(7, 19)
    few = particles_of(truth[part])
    again = generated_cells(np.zeros((12, 0), np.float32), ak.to_numpy(truth.identity)[part], few, Templates(**known))
    np.testing.assert_allclose(again, drawn[part], rtol=1e-6)


def test_inputs_have_conditions_noise_and_targets(known: dict[str, Any]) -> None:
    calibrated, truth = events(20, 40_000)
    inputs = prepare(calibrated, truth, known, SETTINGS)
    assert inputs.targets == ("response", "component_1", "component_2", "component_3")
    assert inputs.features["noise"].values.shape == (20, 4)
    assert inputs.features["particle"].values.shape == (20, 3)
    components = Templates(**known).encode(ak.to_numpy(calibrated.cells), particles_in(inputs))
    np.testing.assert_allclose(inputs.target, components[:, :4], rtol=1e-5, atol=1e-5)
    part = prepare(calibrated[3:9], truth[3:9], known, SETTINGS)
    np.testing.assert_allclose(part.target, inputs.target[3:9], rtol=1e-6, atol=1e-6)


def test_too_few_showers_are_told() -> None:
    calibrated, truth = events(3)
    with pytest.raises(DataError, match="too few for templates of 6 cells"):
        derive({"average": calibrated}, {"average": truth}, SETTINGS)
