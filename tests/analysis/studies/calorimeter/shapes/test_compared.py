from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.learning.application.scores import Scores
from analysis.learning.data.samples import shows_generated
from analysis.studies.calorimeter.generation.inputs import particles_in, prepare
from analysis.studies.calorimeter.generation.settings import TemplateSettings
from analysis.studies.calorimeter.generation.templates import derive
from analysis.studies.calorimeter.settings import Block
from analysis.studies.calorimeter.shapes.compared import compare
from analysis.studies.calorimeter.shapes.settings import ShapeSettings, shape_names
from analysis.studies.calorimeter.shapes.variables import shapes_of

BLOCK = Block(rows=3, layers=2)


def events(number: int) -> tuple[ak.Array, ak.Array]:
    random = np.random.default_rng(number)
    identity = np.arange(number, dtype=np.uint64)
    cells = random.uniform(10.0, 100.0, (number, 18)).astype(np.float32)
    energy = cells.sum(axis=1) / 1000 * random.uniform(0.9, 1.1, number)
    truth = {"identity": identity, "energy": energy, "angle": random.uniform(0, 20, number), "photon": identity % 2}
    return ak.zip({"identity": identity, "cells": ak.from_numpy(cells, regulararray=True)}, depth_limit=1), ak.zip(
        truth
    )


@pytest.mark.parametrize("hits", [True, False])
def test_each_event_is_shown_once(hits: bool) -> None:
    calibrated, truth = events(400)
    settings = TemplateSettings(components=2, nodes=2)
    templates = derive({"average": calibrated}, {"average": truth}, settings)
    inputs = prepare(calibrated, truth, templates, settings)
    drawn = Scores(inputs.identity, np.zeros_like(inputs.target), inputs.targets)
    shown = compare(calibrated, inputs, drawn, templates, ShapeSettings(block=BLOCK, cells=hits))
    assert shown.classes == ("true", "generated")
    assert np.array_equal(shown.label > 0, shows_generated(inputs.identity))
    # a classifier sees the particle, and not the random numbers
    assert set(shown.features) == {"particle", "sample"}
    sample = shown.features["sample"]
    assert sample.names == (tuple(f"cell_{n}" for n in range(18)) if hits else shape_names(BLOCK))
    true = ~shows_generated(inputs.identity)
    cells, energy = ak.to_numpy(calibrated.cells), particles_in(inputs).energy
    expected = (
        np.arcsinh(cells / (1000 * energy[:, None]) / 0.003)
        if hits
        else shapes_of(cells, energy, ShapeSettings(block=BLOCK))
    )
    np.testing.assert_allclose(sample.values[true], expected[true], rtol=1e-4, atol=1e-5)
    assert not np.allclose(sample.values[~true], expected[~true], rtol=0.01)
