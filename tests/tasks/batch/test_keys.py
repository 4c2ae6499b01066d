"""Where records are made decides no key."""

import pytest

from tasks.report import Report


@pytest.mark.parametrize("study", ["airshower", "htautau"])
def test_no_key_knows_how_tasks_run(study):
    waiting, seen, modules = [Report(study=study)], set(), set()
    while waiting:
        task = waiting.pop()
        if task.task_id in seen:
            continue
        seen.add(task.task_id)
        for series in task.series_names():
            modules |= {name.partition(":")[0] for name in task.key_parts(series).code}
            waiting += [need.task for need in task.needs(series).values()]
    assert len(seen) > 20
    assert "tasks.training" in modules
    assert not [name for name in modules if name.startswith(("tasks.batch", "tasks.framework"))]


def test_a_batch_system_changes_no_key():
    here = Report(study="htautau")
    there = Report(study="htautau", workflow="batch-local", tasks_per_job=5, retries=0)
    assert here.place(here.own_series) == there.place(there.own_series)
