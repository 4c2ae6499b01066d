"""Energies of fitted showers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from analysis.errors import StudyError

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.datasets import Dataset

__all__ = ["reconstruct"]


def reconstruct(events: ak.Array, scale: CorrectionSet | None, dataset: Dataset, settings: None = None) -> ak.Array:
    """Bring S(1000) to 38° and to energy.

    Args:
        events: n events with ``good``, ``zenith`` (rad) and ``s1000`` (VEM).
        scale: with the corrections ``attenuation`` and ``energy``.
        dataset: the events belong to.
        settings: none.

    Returns:
        The events with ``s38`` in VEM and ``energy`` in eV, both 0 where the event is not good.

    Raises:
        StudyError: there is no scale.
    """
    if scale is None:
        raise StudyError(
            f"energies of the data set {dataset.name!r} need a scale", cure="give the study a step derive_scale"
        )
    good = np.asarray(events["good"], np.bool_)
    zenith, size = (np.asarray(events[name], np.float64) for name in ("zenith", "s1000"))
    size_38 = np.where(good, size / scale["attenuation"].evaluate(zenith), 0.0)
    energy = np.where(good, scale["energy"].evaluate(np.where(good, size_38, 1.0)), 0.0)
    contents = {name: events[name].layout for name in events.fields}
    contents["s38"], contents["energy"] = (ak.to_layout(values) for values in (size_38, energy))
    return ak.Array(ak.contents.RecordArray(list(contents.values()), list(contents), length=len(events)))
