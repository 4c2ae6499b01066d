from __future__ import annotations

import subprocess
import sys

from analysis.studies.arrivals.study import study
from analysis.wiring import check_graph, upstream, wiring


def test_the_graph_holds():
    check_graph(study)


def test_nothing_that_is_trained_or_simulated_knows_the_measured_directions():
    """Only the searches, the measurement and figures see them."""
    direct = {one.name for one in study.stages if {"measured", "events"} & set(wiring(study, one).stages.values())}
    assert direct == {"measured", "observatory", "search", "catalogues", "measurement", "sky_figures"}
    for name in ("network", "judged", "scanned", "sensitivity"):
        above = set(upstream(study, name))
        assert not above & {"search", "catalogues", "measurement"}
        # by way of energies and zenith ranges alone
        assert "observatory" in above


def test_it_is_read_without_anything_heavy():
    code = (
        "import sys, analysis.studies.arrivals.study\n"
        "print(*sorted({'healpy', 'astropy', 'jax', 'matplotlib', 'scipy', 'h5py', 'awkward'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_more_skies_for_more_statistics():
    large, small = study.with_statistics("large"), study.with_statistics("small")
    assert large.dataset("reference").generated == 10_000
    assert study.dataset("isotropic").generated == 10_000
    assert (small.dataset("isotropic").generated, small.dataset("closure").generated) == (500, 50)
