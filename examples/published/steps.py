"""The curve, and the table that it is fitted to."""

import numpy as np

from analysis.inference.curve_settings import Points
from analysis.inference.table_fit import fit_table


def broken_line(x, depth, lg_energy, below, above):
    """Evaluate two lines that meet at an energy."""
    return depth + np.where(x < lg_energy, below, above) * (x - lg_energy)


def fit(tables, settings):
    """Fit the means in the published table."""
    _, lg_energy, _, mean, uncertainty = np.loadtxt(tables["xmax"]["xmaxMoments17.txt"], unpack=True)[:5]
    return fit_table(settings, Points(tuple(lg_energy), tuple(mean), tuple(uncertainty)))
