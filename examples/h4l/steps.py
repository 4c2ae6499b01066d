"""Steps: functions of what their arguments name."""

import awkward as ak

from analysis.results import Axis, Column, Table


def candidates(raw, settings):
    """Select candidates of four leptons: masses and momenta in GeV."""
    names = {"m4l": "Higgs_mass", "m_z1": "Z1_mass", "m_z2": "Z2_mass", "pt": "Higgs_pt"}
    events = ak.zip({"identity": raw.identity, **{name: settings.scale * raw[old] for name, old in names.items()}})
    return events[(events.m_z1 > settings.z1) & (events.m_z2 > settings.z2)]


def yields(histograms):
    """Count events in each region, expected and observed."""
    regions, columns = histograms.regions, []
    for process in histograms.processes:
        counts = (histograms.content("m4l", process, region, "nominal")[0].sum() for region in regions)
        columns.append(Column(process, "", tuple(map(float, counts)), {}, {}))
    return {"tables": [Table("yields", "Events by region", (Axis("Region", "", regions),), tuple(columns))]}
