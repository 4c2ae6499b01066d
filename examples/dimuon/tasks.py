"""A law task of the study's own: with a parameter of its own, and everything else that standard tasks have."""

import law
import luigi

from dimuon.study import FIT
from tasks.stages import MakeResult


class VaryWindow(MakeResult):
    """Fit the peak in several windows: how much the mass depends on this choice."""

    widths = law.CSVParameter(
        cls=luigi.FloatParameter,
        default=(0.2, 0.25, 0.3),
        description="half widths of the windows in GeV; default: 0.2,0.25,0.3",
    )

    def ingredients(self, series):
        """Say what decides the result, besides code and inputs."""
        return {**super().ingredients(series), "fit": FIT, "widths": self.widths}

    def compute(self, pairs):
        """Fit all windows."""
        from dimuon.steps import vary

        return vary(pairs, FIT, self.widths)
