from __future__ import annotations

import pytest

from analysis.errors import StudyError
from analysis.studies.arrivals.network.settings import NetworkSettings
from analysis.studies.arrivals.settings import ScanSettings, SkySettings
from analysis.studies.arrivals.sky.search_settings import SearchSettings
from analysis.studies.arrivals.sources.settings import ChosenCatalogues


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        (SkySettings, {"fractions": (1.2,)}, "between 0 and 1"),
        (SkySettings, {"abundances": (1.0, 0.0)}, "4 numbers"),
        (SkySettings, {"catalogue": "quasars"}, "one of starburst, swift_bat, fermi_2fhl"),
        (ScanSettings, {"thresholds": (40.0, 32.0)}, "rising"),
        (ScanSettings, {"nside": 30}, "16, 32, 64 or 128"),
        (SearchSettings, {"radii": (30, 1)}, "two rising positive numbers"),
        (ChosenCatalogues, {"others": ("quasars",)}, "some of starburst"),
        (NetworkSettings, {"width": 0}, "at least 1"),
    ],
)
def test_values_out_of_range_are_told(kind: type, changed: dict[str, object], said: str):
    with pytest.raises(StudyError, match=said):
        kind(**changed)
