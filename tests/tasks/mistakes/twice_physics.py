"""Count events."""

from analysis.results import Number


def candidates(raw):
    return raw


def count(candidates):
    return {"numbers": numbers(candidates, "events")}


def count_raw(raw):
    return {"numbers": numbers(raw, "raw_events")}


def numbers(events, name):
    return [
        Number(f"{name}_{one}", one, float(len(some)), stat=None, syst=None, unit="", method="counted")
        for one, some in events.items()
    ]
