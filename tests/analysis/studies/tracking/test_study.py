from __future__ import annotations

import subprocess
import sys

from analysis.studies.tracking.study import study
from analysis.wiring import check_graph, upstream, wiring


def test_the_graph_holds() -> None:
    check_graph(study)


def test_cuts_are_learned_from_events_of_their_own() -> None:
    learned = study.dataset_names(study.stage("optimisation").datasets, "")
    assert learned == ("tuning",)
    assert not set(learned) & set(study.dataset_names(study.stage("performance").datasets, ""))


def test_no_seeder_sees_the_truth() -> None:
    for name in ("space_points", "peers", "seeds", "beam_spot", "layers"):
        assert "truth" not in wiring(study, study.stage(name)).reserved
    # cuts alone come of it
    assert upstream(study, "peers") == {"space_points", "detector", "beam_spot", "layers"}


def test_it_is_read_without_anything_heavy() -> None:
    code = (
        "import sys, analysis.studies.tracking.study\n"
        "print(*sorted({'acts', 'jax', 'matplotlib', 'scipy', 'awkward', 'optuna'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_more_events_for_more_statistics() -> None:
    large, small = study.with_statistics("large"), study.with_statistics("small")
    assert large.dataset("vertices_100").generated == 10 * (study.dataset("vertices_100").generated or 0)
    assert small.dataset("vertices_10").generated == 18
    # what calibrates stays as it is
    assert small.dataset("beam").generated == study.dataset("beam").generated
