"""Inputs of a record, as its manifest has them."""

from __future__ import annotations

from typing import Any

__all__ = ["describe_inputs"]


def describe_inputs(task: Any) -> list[dict[str, Any]]:
    """Describe the records that a task's record is made of, by role.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow a branch.
    """
    inputs = []
    for role in task.needs(task.own_series):
        records = task.input_records(role)
        labels = [record.label for record in records]
        inputs.append({"role": role, "place": records[0].place, "key": records[0].key, "labels": labels})
    return inputs
