"""How well the networks of the study ``htautau`` tell its classes apart, against boosted decision trees.

Both learn from the same events of the same folds with the same features and balanced weights, stop early on the same
validation fold, and are judged by the same test fold: area under the ROC curve of one class against the rest, mean over
folds. The trees are scikit-learn's HistGradientBoostingClassifier, which keeps missing values as such; of several
settings those with the lowest mean validation loss count. The networks train as in ``TrainModel``, in one process for
each seed. Fails if they are worse than the trees by more than 0.01 (``--allowed``) for any class.

    python benchmarks/learning_quality.py --mirror FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

TREES: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_leaf_nodes": 31},
    {"learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 1.0},
    {"learning_rate": 0.05, "max_leaf_nodes": 8, "l2_regularization": 5.0, "min_samples_leaf": 40},
    {"learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 1.0, "max_features": 0.5},
)


def read_inputs(mirror: Path) -> Any:
    """All simulated events of the study; no calibration applies to them."""
    from analysis.learning.data.inputs import concatenate
    from analysis.readers.chunks import read_chunk
    from analysis.studies.htautau.study import study

    parts = []
    reconstruct, prepare = (study.stage(name).step for name in ("reconstructed", "inputs"))
    for dataset in study.simulated:
        events = read_chunk([mirror / file.mirror for file in dataset.files], dataset, 0, dataset.events)
        events = reconstruct.load()(events, dataset, dataset.weight_per_fb, reconstruct.settings)
        parts.append(prepare.load()(events, dataset, prepare.settings))
    return concatenate(parts)


def train_networks(folder: Path, seed: int, changes: dict[str, str]) -> dict[str, Any]:
    """One training in a process of its own: its scores in a file, its times in the answer."""
    command = [sys.executable, __file__, "--seed", str(seed), "--folder", str(folder), *_as_arguments(changes)]
    start = time.perf_counter()
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {**json.loads(answer), "seconds": time.perf_counter() - start}


def train_here(folder: Path, seed: int, changes: dict[str, str]) -> None:
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.training.train import train
    from analysis.studies.htautau.study import study
    from analysis.validated import override

    inputs = TrainingInputs.load(folder / "inputs.safetensors")
    network = study.stage("training").chosen
    settings = override(network.training, {**changes, "seed": str(seed)})
    with tempfile.TemporaryDirectory() as checkpoints:
        trained = train(inputs, network.build, settings, checkpoints=Path(checkpoints))
    np.save(folder / f"scores{seed}.npy", trained.predictions(inputs))
    loops = [entry["seconds"] for entry in trained.history]
    compiling = sum(entry.get("compile_seconds", 0) for entry in trained.history)
    print(json.dumps({"epochs": len(loops), "loop": sum(loops), "compiling": compiling}))


def train_trees(inputs: Any, folds: int, most: int, settings: dict[str, Any]) -> tuple[np.ndarray, float]:
    """Scores of all test events, and the mean validation loss."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss

    from analysis.learning.data.folds import split
    from analysis.learning.losses.balance import balanced

    event = inputs.features["event"]
    features = np.where(event.present, event.values, np.nan)
    scores = np.zeros((len(inputs), len(inputs.classes)), np.float32)
    losses = []
    for part in split(inputs.identity, folds, trainable=inputs.trainable):
        label = inputs.label
        weights = [
            balanced(inputs.weight[rows], label[rows], inputs.classes) for rows in (part.training, part.validation)
        ]
        trees = HistGradientBoostingClassifier(
            max_iter=most, early_stopping=True, n_iter_no_change=20, random_state=1, **settings
        )
        trees.fit(
            features[part.training],
            label[part.training],
            sample_weight=weights[0],
            X_val=features[part.validation],
            y_val=label[part.validation],
            sample_weight_val=weights[1],
        )
        probability = trees.predict_proba(features[part.validation])
        losses.append(log_loss(label[part.validation], probability, sample_weight=weights[1]))
        scores[part.test] = trees.predict_proba(features[part.test])
    return scores, float(np.mean(losses))


def judge(scores: np.ndarray, inputs: Any, folds: int) -> dict[str, tuple[float, float, float]]:
    """By class: AUC with expected events as weights, its uncertainty, and AUC with classes of equal size."""
    from analysis.learning.evaluation.classification import summarise

    found = summarise(scores, inputs, folds)["auc"]
    return {name: (entry["value"], entry["uncertainty"], entry["balanced"]["value"]) for name, entry in found.items()}


def compare(options: argparse.Namespace, changes: dict[str, str]) -> int:
    from analysis.studies.htautau.study import study
    from analysis.validated import override

    folds = override(study.stage("training").chosen.training, changes).folds
    inputs = read_inputs(Path(options.mirror))
    seeds = options.seeds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs.save(folder / "inputs.safetensors")
        runs, networks = [], []
        for seed in range(1, seeds + 1):
            runs.append(train_networks(folder, seed, changes))
            networks.append(judge(np.load(folder / f"scores{seed}.npy"), inputs, folds))
            print(f"seed {seed}: {runs[-1]}", file=sys.stderr, flush=True)
    tried = []
    for settings in TREES[: options.settings]:
        start = time.perf_counter()
        scores, loss = train_trees(inputs, folds, options.trees, settings)
        tried.append((loss, judge(scores, inputs, folds), settings, time.perf_counter() - start))
        print(f"trees {settings}: loss {loss:.4f}, {tried[-1][3]:.1f} s", file=sys.stderr, flush=True)
    _, trees, best, seconds = min(tried, key=lambda entry: entry[0])

    print("| class | networks | trees | difference | networks, equal sizes | trees, equal sizes | difference |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    worst = np.inf
    for kind in inputs.classes:
        values = np.array([run[kind] for run in networks])
        differences = values[:, [0, 2]] - np.array(trees[kind])[[0, 2]]
        worst = min(worst, differences.mean(axis=0).min())
        cells = []
        for column, of_trees, difference in ((0, trees[kind][0], 0), (2, trees[kind][2], 1)):
            spread = values[:, column].std(ddof=1) if seeds > 1 else np.nan
            cells += [f"{values[:, column].mean():.4f} ± {spread:.4f}", f"{of_trees:.4f}"]
            cells.append(f"{differences[:, difference].mean():+.4f}")
        print(f"| {kind} | " + " | ".join(cells) + " |")
    uncertainty = ", ".join(f"{kind} {values[1]:.4f}" for kind, values in trees.items())
    print(f"\nMean and spread of {seeds} seeds. Statistical uncertainty of one value, common to both: {uncertainty}.")
    time_of = {key: np.mean([run[key] for run in runs]) for key in ("seconds", "compiling", "loop", "epochs")}
    print(
        f"Networks: {time_of['seconds']:.1f} s a process, {time_of['compiling']:.1f} s of it compiling and "
        f"{time_of['loop']:.1f} s in {time_of['epochs']:.0f} epochs. Trees: {seconds:.1f} s with {best}."
    )
    print(f"Least difference of a class: {worst:+.4f}, allowed {-options.allowed:+.4f}.")
    return int(worst < -options.allowed)


def _as_arguments(changes: dict[str, str]) -> list[str]:
    return [argument for name, value in changes.items() for argument in ("--change", f"{name}={value}")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mirror", default=os.environ.get("ERUMFLOW_MIRROR"), help="folder with copies of public files"
    )
    parser.add_argument("--seeds", type=int, default=3, help="number of trainings, default 3")
    parser.add_argument("--settings", type=int, default=len(TREES), help="of trees that are tried; default all")
    parser.add_argument("--trees", type=int, default=1000, help="most trees of a fold, default 1000")
    parser.add_argument("--allowed", type=float, default=0.01, help="by which networks may be worse, default 0.01")
    parser.add_argument("--change", action="append", default=[], help="of a training setting, such as epochs=20")
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    changes = dict(change.split("=", 1) for change in options.change)
    if options.folder:
        train_here(options.folder, options.seed, changes)
        return 0
    if options.mirror is None:
        parser.error("name the folder with copies of the public files: --mirror, or ERUMFLOW_MIRROR")
    return compare(options, changes)


if __name__ == "__main__":
    sys.exit(main())
