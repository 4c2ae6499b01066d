"""Small networks, as TrainModel and ExportModel leave them, ready to be published."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.citation import Citation
from analysis.datasets import Dataset, SourceFile
from analysis.exchange.description import Capsule
from analysis.exchange.folder import ONNX, PARAMETERS, STABLEHLO
from analysis.exchange.material import Material
from analysis.learning.export.card import CardDataset, CardFeatures, ModelCard
from analysis.results import Number
from analysis.schema import Schema
from analysis.step import Step

DATASETS = (
    Dataset(
        name="measured",
        title="Measured events",
        kind="measured",
        files=(
            SourceFile("a.root", "root://server.example.org//a.root", sha256="1" * 64, size=10, events=90),
            SourceFile("b.root", "/data/mine/b.root", sha256="2" * 64, size=10, events=90),
            SourceFile("c.root", "https://example.org/c.root", size=10, events=9, checksum="adler32:00000001"),
            SourceFile("d.root", "https://example.org/d.root", size=10, events=9, checksum=f"md5:{'3' * 32}"),
        ),
        schema=Schema("Events", ("a", "b", "c")),
        luminosity=1.0,
        licence="CC0-1.0",
        doi="10.1234/5",
        citation="A. Author, 2020",
    ),
    Dataset(
        name="made",
        title=r"Events of $\mathcal{N}$ | made here",
        kind="simulated",
        generate=Step("json:loads"),
        simulate=Step("json:loads"),
        generated=100,
    ),
)
NUMBERS = (
    Number("resolution", "resolution at 10 EeV", 21.5, (0.5, 0.5), (1.0, 1.5), "g/cm2", "width of a Gaussian", "test"),
    Number("pull_width", "width of the pulls", 1.02, None, None, "", "second moment"),
)


CARD = ModelCard(
    study="depths",
    title="The depth of showers",
    record="depths/TrainModel/dense-0123456789ab",
    licence="BSD-3-Clause",
    datasets=tuple(CardDataset(one.name, one.title, one.kind, one.events) for one in DATASETS),
    features=(CardFeatures("event", (3,), (3,), ("a", "b", "c"), {"a": "GeV"}),),
    predictions=("depth", "depth_uncertainty"),
    unit="g/cm2",
    folds=3,
    network={"function": "analysis.learning.networks.dense:build", "hidden": [4]},
    training={"epochs": 1},
    metrics={"resolution": "21.5 ± 0.5 g/cm2"},
    differences={"ONNX": 1e-7, "StableHLO": 1e-7},
    use=("To tell depths.",),
    limits=("Of no other showers.",),
)


def export_networks(folder: Path) -> None:
    """Write networks that nobody trained, as real ones are; without it, :func:`material` has stand-ins."""
    from analysis.learning.export.exported import export
    from analysis.learning.loss_settings import Gaussian
    from analysis.learning.networks.dense_settings import DenseSettings
    from tests.analysis.learning.export.conftest import draw_events, initialise_networks

    trained = initialise_networks("dense", DenseSettings(hidden=(4,)), draw_events("event"), Gaussian(), 1)
    assert trained.names == CARD.predictions
    export(trained, folder / ONNX, folder / STABLEHLO, CARD.metadata())
    trained.save(folder / PARAMETERS, folder / "network.json")


def material(folder: Path, *, numbers: tuple[Number, ...] = NUMBERS, capsule: Capsule | None = None) -> Material:
    """Collect what is published; files that are not in the folder are made."""
    paths = {name: folder / name for name in (PARAMETERS, ONNX, STABLEHLO)}
    network, markdown, described = (folder / name for name in ("network.json", "card.md", "card.json"))
    CARD.save(markdown, described)
    if not network.exists():
        layout = {"classes": ["light", "heavy"], "targets": ["depth"]}
        network.write_text(json.dumps({"layout": layout, "predictions": CARD.predictions}))
        for name, path in paths.items():
            path.write_text(name)
    return Material(
        name="depths",
        card=json.loads(described.read_text()),
        text=markdown.read_text(),
        network=json.loads(network.read_text()),
        numbers=numbers,
        datasets=DATASETS,
        citation=Citation("Depths", ("The authors",), "BSD-3-Clause", url="https://example.org"),
        measures="The depth of showers from toys",
        experiment="Toy Observatory",
        made="2026-11-30T12:00:00+00:00",
        files=paths,
        capsule=capsule,
    )
