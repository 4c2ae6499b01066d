"""Check what a stage's function returned against what the stage declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.stages import Stage

__all__ = ["check_value"]


def check_value(stage: Stage, value: Any, like: Any = None) -> Any:
    """Check a value by the format of its stage.

    Args:
        stage: says format, names and fields.
        value: that its function returned.
        like: the events that the function was given, or their identities; ``None`` if it was given none.

    Returns:
        The value, results and workspaces as JSON; of a format that is not known here, as it is.

    Raises:
        DataError: it is not what the stage declares; see :mod:`analysis.checking.events` and
            :mod:`analysis.checking.values`.
    """
    # each is imported only when it is needed
    match stage.format:
        case "events":
            from analysis.checking.events import check_events

            fields, selects = getattr(stage, "fields", ()), getattr(stage, "selects", False)
            return check_events(value, like=like, fields=fields, selects=selects)
        case "inputs":
            from analysis.checking.events import check_inputs

            return check_inputs(value, like=like)
        case "results" | "figures" | "workspaces" | "histograms" | "arrays":
            from analysis.checking import values

            names = tuple(getattr(stage, "names", ()))
            checks = {
                "results": values.check_result,
                "figures": lambda one: values.check_figures(one, names),
                "workspaces": lambda one: values.check_workspaces(one, names),
                "histograms": values.check_histograms,
                "arrays": values.check_arrays,
            }
            return checks[stage.format](value)
    return value
