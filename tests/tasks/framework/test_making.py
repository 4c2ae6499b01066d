"""Records that a command makes one after the other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tasks.framework.making import make_branches


class Workflow:
    """Notes which branches run, and which one is told to come."""

    def __init__(self) -> None:
        self.ran: list[tuple[int, Any]] = []
        self.upcoming: tuple[int, Any] = (-1, None)

    def branch_task(self, branch: int) -> Any:
        return SimpleNamespace(run=lambda: self.ran.append(self.upcoming), branch=branch)


def test_branches_run_in_their_order_and_the_next_one_is_told():
    workflow = Workflow()
    make_branches(workflow, [3, 5, 8])
    assert workflow.ran == [(3, 5), (5, 8), (8, None)]


def test_another_workflow_may_have_made_them_all():
    workflow = Workflow()
    make_branches(workflow, [])
    assert workflow.ran == []
