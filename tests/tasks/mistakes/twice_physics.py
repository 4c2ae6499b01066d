"""Count events."""

from analysis.results import Number


def candidates(raw):
    return raw


def count(candidates):
    return {
        "numbers": [
            Number(
                f"events_{name}", f"events of {name}", float(len(one)), stat=None, syst=None, unit="", method="counted"
            )
            for name, one in candidates.items()
        ]
    }
