"""Settings of a training that starts from published networks; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from analysis.exchange.published import Published
from analysis.validated import check_types, require

__all__ = ["Pretrained", "is_among", "rate_of"]


@dataclass(frozen=True)
class Pretrained(Published):
    """A start of networks from published parameters in place of random ones.

    Parameters are named as in the published ``model.safetensors``, without ``params.`` before it, and chosen by
    patterns such as ``encoder.*``. The network of a fold and seed starts from the published one of the same fold, so
    that no event is judged by a network whose predecessor was trained on it.

    Args:
        address: of the folder; see :class:`analysis.exchange.published.Published`.
        sha256: digest of the folder.
        frozen: patterns of parameters that stay what they are, to the last bit.
        slow: patterns of parameters whose learning rate is smaller.
        rate: their learning rate, relative to the others'.
        new: patterns of parameters that start anew, as without a published network: a new head.
        standardisation: ``published`` if features and targets are scaled as the published networks expect it; ``own``
            if by this training's events, as a network whose first layers are new needs it.
        other_events: whether no event of this training can have been one of the published training's; then the numbers
            of folds need not fit together.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    frozen: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    rate: float = 0.1
    new: tuple[str, ...] = ()
    standardisation: Literal["published", "own"] = "published"
    other_events: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_types(self)
        require(self, "rate", 0 < self.rate <= 1, "in (0, 1]; parameters that do not learn at all are frozen=(...)")


def is_among(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether one of some patterns fits the name of a parameter.

    Examples:
        >>> is_among("encoder.input.kernel", ("encoder.*",))
        True
    """
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def rate_of(name: str, start: Pretrained | None) -> float:
    """Learning rate of a parameter, relative to that of the training: 0 for frozen ones.

    Args:
        name: of the parameter.
        start: of the training; ``None`` for one from nothing.
    """
    if start is None:
        return 1.0
    return 0.0 if is_among(name, start.frozen) else start.rate if is_among(name, start.slow) else 1.0
