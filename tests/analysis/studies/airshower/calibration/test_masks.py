from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.studies.airshower.calibration.derivation_settings import MaskSettings
from analysis.studies.airshower.calibration.humps import HumpFits
from analysis.studies.airshower.calibration.masks import REASONS, reasons

SHAPE = (4, 3, 10)
NUMBER = 4 * 3 * 10


def fits() -> HumpFits:
    """All photomultipliers alike."""
    return HumpFits(
        position=np.full(NUMBER, 180.0),
        uncertainty=np.full(NUMBER, 0.2),
        width=np.full(NUMBER, 50.0),
        chi2=np.full(NUMBER, 70.0),
        ndf=np.full(NUMBER, 70),
        good=np.ones(NUMBER, np.bool_),
        parameters=np.zeros((NUMBER, 6)),
        window=np.zeros((NUMBER, 2)),
    )


def changed(name: str, place: slice | int, value: float) -> HumpFits:
    column = getattr(fits(), name).copy()
    column[place] = value
    return replace(fits(), **{name: column})


def test_all_good() -> None:
    assert not reasons({"charge": fits(), "peak": fits()}, SHAPE, MaskSettings()).any()


def test_one_bad_interval_is_left_out_alone() -> None:
    for name, value, reason in (
        ("good", False, "no muon hump"),
        ("position", 20.0, "muon hump at an unusual place"),
        ("width", 54.0, "unusual width of the muon hump"),
        ("uncertainty", 5.0, "imprecise muon hump"),
    ):
        found = reasons({"charge": fits(), "peak": changed(name, 42, value)}, SHAPE, MaskSettings()).ravel()
        assert REASONS[found[42]] == reason
        assert np.count_nonzero(found) == 1


def test_a_photomultiplier_that_is_often_bad_is_not_used() -> None:
    # the sixth photomultiplier, three of its ten intervals
    found = reasons({"charge": changed("good", slice(50, 53), False), "peak": fits()}, SHAPE, MaskSettings()).ravel()
    assert [REASONS[reason] for reason in found[50:60]] == 3 * ["no muon hump"] + 7 * ["bad too often"]
    assert not found[:50].any()
    assert not found[60:].any()


def test_nothing_works() -> None:
    found = reasons({"charge": fits(), "peak": changed("good", slice(None), False)}, SHAPE, MaskSettings())
    assert (found == 1).all()
