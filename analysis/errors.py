"""Errors that users can act on: one clear message each, never a traceback."""

__all__ = [
    "BatchError",
    "DataError",
    "ErumflowError",
    "FitError",
    "PreservationError",
    "RecordError",
    "StoreError",
    "StudyError",
    "TrainingError",
]


class ErumflowError(Exception):
    """An expected failure whose message is all that the user needs.

    Args:
        problem: what is wrong, naming the file, record or value.
        cure: what the user can do about it.

    Examples:
        >>> print(ErumflowError("no such thing 'x'", cure="use one of: a, b"))
        no such thing 'x'
          cure: use one of: a, b
    """

    def __init__(self, problem: str, *, cure: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.problem}\n  cure: {self.cure}" if self.cure else self.problem

    def __reduce__(self):
        # keyword arguments get lost in the default pickling between luigi's worker processes
        return (_rebuild, (type(self), self.problem, self.cure))


def _rebuild(cls: type[ErumflowError], problem: str, cure: str) -> ErumflowError:
    return cls(problem, cure=cure)


class BatchError(ErumflowError):
    """A batch system refuses, does not answer or is described wrongly; or jobs failed for good."""


class DataError(ErumflowError):
    """Input events are missing, damaged, empty or not what the catalogue says."""


class FitError(ErumflowError):
    """A fit did not converge, or what it is asked for does not exist."""


class RecordError(ErumflowError):
    """A record in the store is damaged or not the one that was asked for."""


class StoreError(ErumflowError):
    """The store cannot be read or written (unreachable, full, no permission)."""


class StudyError(ErumflowError):
    """A study, or a value given for one of its parameters, is unknown or inconsistent."""


class TrainingError(ErumflowError):
    """A training cannot go on (not-a-number, no events, a checkpoint of something else)."""


class PreservationError(ErumflowError):
    """A capsule cannot be made, is damaged, or is not what it says."""
