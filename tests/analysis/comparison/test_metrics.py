"""Trainings side by side."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.comparison.metrics import ComparedMetric, compare_histories


def history(*losses: float, **metrics: float) -> list[dict[str, Any]]:
    def networks(loss: float) -> list[dict[str, Any]]:
        return [
            {"fold": fold, "best_value": loss + 0.1 * fold, "training_loss": loss, "best_epoch": 1, "metrics": metrics}
            for fold in range(2)
        ]

    return [{"epoch": number, "networks": networks(loss)} for number, loss in enumerate(losses, 1)]


def test_the_last_epoch_counts_as_mean_and_spread_over_networks():
    rows = {one.name: one for one in compare_histories(history(2.0, 1.0, auc=0.5), history(1.5, auc=0.75))}
    assert rows["auc"] == ComparedMetric("auc", 0.5, 0.75, 0.0, 0.0, 0.25)
    best = rows["best validation loss"]
    assert [best.a, best.b, best.a_spread, best.difference] == pytest.approx([1.05, 1.55, 0.05, 0.5])


def test_metrics_that_only_one_has_are_told():
    rows = {one.name: one for one in compare_histories(history(1.0, auc=0.7), history(1.0, accuracy=0.8))}
    assert (rows["auc"].b, rows["accuracy"].a, rows["accuracy"].difference) == (None, None, None)


def test_a_training_without_epochs_has_no_metrics():
    assert compare_histories([], []) == []
