"""What is told of a fit before its numbers are believed."""

from __future__ import annotations

from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from tests.analysis.inference.conftest import read

ALL = FitSettings((Interest("mu", "mu", "mu", limit=True, significance=True),), scan_points=0, goodness_toys=0)


def test_a_background_at_a_bound_of_its_range_is_told():
    found = measure({"24": read("reported/24")}, "observed", ALL)
    assert found["workspaces"]["24"]["at_bounds"] == ["norm_b"]
    assert found["headline"]["mu"].startswith("5.0 −1.0 +1.2")
    assert "WARNING: at a bound of its range: norm_b" in found["headline"]["mu"]
    assert found["numbers"][0]["note"].endswith("; at a bound of its range: norm_b = 10")
    (parameters,) = [table for table in found["tables"] if table["name"] == "parameters_24"]
    assert {axis["title"]: list(axis["values"]) for axis in parameters["axes"]} == {
        "Parameter": ["norm_b", "mu"],
        "At its bound": ["upper", "-"],
    }
    wide = measure({"24": read("reported/24-wide")}, "observed", ALL)
    assert wide["workspaces"]["24"]["at_bounds"] == wide["workspaces"]["24"]["notes"] == []
    assert "significance 0.8 σ" in wide["headline"]["mu"]
    assert "WARNING" not in wide["headline"]["mu"]
