from __future__ import annotations

import numpy as np

from analysis.studies.arrivals.settings import SkySettings
from analysis.studies.arrivals.simulation.plans import describe, generate

GRID = SkySettings(fractions=(0.0, 0.05, 0.1), fields=(0.0, 0.5))


def test_a_plan_depends_on_its_identity_alone():
    identities = np.arange(40, dtype=np.uint64)
    whole = generate(identities, GRID)
    part = generate(identities[17:23], GRID)
    assert part.tolist() == whole[17:23].tolist()


def test_all_fractions_and_fields_come():
    plans = describe(generate(np.arange(300, dtype=np.uint64), GRID), GRID)
    for name, values in (("fraction", GRID.fractions), ("field", GRID.fields)):
        counts = [int(np.sum(np.asarray(plans[name]) == one)) for one in values]
        assert sum(counts) == 300
        assert min(counts) > 0.7 * 300 / len(values)


def test_fractions_may_lie_between():
    settings = SkySettings(fractions=(0.02, 0.12), between=True)
    fraction = np.asarray(generate(np.arange(500, dtype=np.uint64), settings).fraction)
    assert 0.02 <= fraction.min() < 0.03 < 0.11 < fraction.max() < 0.12
    assert len(np.unique(fraction)) == 500
