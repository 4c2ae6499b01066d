from __future__ import annotations

from typing import Any

from analysis.report.campaigns import by_campaign
from analysis.results import Number, Table


def fit(*numbers: Number, workspaces: tuple[str, ...] = ("scores", "m_vis")) -> dict[str, Any]:
    return {"numbers": [one.as_json() for one in numbers], "workspaces": {one: {} for one in workspaces}}


def mu(name: str, value: float, title: str = "strength", syst: tuple[float, float] | None = (0.1, 0.3)) -> Number:
    return Number(name, title, value, (0.2, 0.2), syst, "GeV", f"fit of {name}")


def test_a_row_for_each_campaign_and_a_column_for_each_number():
    whole = fit(mu("mu_z_scores", 0.9), mu("mu_z_m_vis", 1.0), mu("width", 4.0, "width"))
    part = fit(mu("mu_z_scores", 0.8), mu("mu_z_m_vis", 1.1), mu("width", 5.0, "width"))
    table = by_campaign("fit", {"2012BC": (1.1467, whole), "2012B": (0.4412, part)})
    assert table.name == "campaigns_fit"
    assert [axis.values for axis in table.axes] == [("2012BC", "2012B"), (1.1467, 0.4412)]
    assert [one.title for one in table.columns] == ["strength (scores)", "strength (m_vis)", "width"]
    assert [one.values for one in table.columns] == [(0.9, 0.8), (1.0, 1.1), (4.0, 5.0)]
    assert table.columns[0].errors == {"stat": ((0.2, 0.2), (0.2, 0.2)), "syst": ((0.1, 0.3), (0.1, 0.3))}
    assert (table.columns[2].unit, table.columns[2].qualifiers) == ("GeV", {"method": "fit of width"})
    assert Table.from_json(table.as_json()) == table


def test_what_a_campaign_does_not_tell_is_missing():
    whole, part = fit(mu("mu", 0.9), mu("width", 4.0, "width", syst=None)), fit(mu("width", 5.0, "width"))
    table = by_campaign("fit", {"AB": (2.0, whole), "A": (1.0, part)})
    assert [one.values for one in table.columns] == [(0.9, None), (4.0, 5.0)]
    assert [list(one.errors) for one in table.columns] == [["stat", "syst"], ["stat"]]
