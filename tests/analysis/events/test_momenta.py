from __future__ import annotations

import awkward as ak
import pytest

from analysis.errors import StudyError
from analysis.events.momenta import momentum_name, with_momenta


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("pt eta phi mass", "Momentum4D"),
        ("pt eta phi energy charge", "Momentum4D"),
        ("px py pz E", "Momentum4D"),
        ("pt theta phi", "Momentum3D"),
        ("px py pz", "Momentum3D"),
        ("pt phi", "Momentum2D"),
        ("pt eta", ""),
        ("eta phi mass", ""),
        ("px phi", ""),
        ("pt eta phi mass energy", ""),
        ("pt phi px py", ""),
        ("pt eta phi mass x y z", ""),
        ("", ""),
    ],
)
def test_what_is_a_momentum(fields: str, name: str) -> None:
    assert momentum_name(fields.split()) == name


def test_records_without_one_set_of_coordinates() -> None:
    vertices = ak.Array([[{"x": 0.1, "pt": 5.0, "eta": 0.0, "phi": 0.0, "mass": 1.0}], []])
    with pytest.raises(StudyError, match="fields x, pt, eta, phi, mass have not one set of coordinates"):
        with_momenta(vertices)
    assert with_momenta(vertices[["pt", "eta", "phi", "mass"]]).px.to_list() == [[5.0], []]
    with pytest.raises(StudyError, match="fields none at all"):
        with_momenta(ak.Array([1.0, 2.0]))
