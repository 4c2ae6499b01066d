"""Optimizers and learning-rate schedules by name, and what they can be told; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis.validated import check_types, require

__all__ = [
    "LAMB",
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Exponential",
    "Linear",
    "Lion",
    "NAdamW",
    "OneCycle",
    "Optimizer",
    "RMSProp",
    "Schedule",
]


@dataclass(frozen=True)
class _Moments:
    """Common settings of optimizers with two running moments of the gradient.

    Args:
        b1: decay of the first moment, in [0, 1).
        b2: decay of the second moment, in [0, 1).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    b1: float = 0.9
    b2: float = 0.999

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("b1", "b2"):
            require(self, name, 0 <= getattr(self, name) < 1, "in [0, 1)")
        for name in sorted({"eps", "weight_decay"} & vars(self).keys()):
            require(self, name, getattr(self, name) >= 0, "at least 0")


@dataclass(frozen=True)
class Adam(_Moments):
    """Kingma and Ba, arXiv:1412.6980.

    Args:
        b1: decay of the first moment.
        b2: decay of the second moment.
        eps: added to the root of the second moment.
    """

    name: ClassVar[str] = "adam"
    eps: float = 1e-8


@dataclass(frozen=True)
class AdamW(_Moments):
    """Adam with decoupled weight decay: Loshchilov and Hutter, arXiv:1711.05101.

    Args:
        b1: decay of the first moment.
        b2: decay of the second moment.
        eps: added to the root of the second moment.
        weight_decay: on matrices only (no biases or scales).
    """

    name: ClassVar[str] = "adamw"
    eps: float = 1e-8
    weight_decay: float = 1e-4


@dataclass(frozen=True)
class NAdamW(AdamW):
    """AdamW with Nesterov's momentum: Dozat, ICLR workshop 2016; arguments as there."""

    name: ClassVar[str] = "nadamw"


@dataclass(frozen=True)
class LAMB(_Moments):
    """Large batches: You et al., arXiv:1904.00962.

    Args:
        b1: decay of the first moment.
        b2: decay of the second moment.
        eps: added to the root of the second moment.
        weight_decay: on matrices only.
    """

    name: ClassVar[str] = "lamb"
    eps: float = 1e-6
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Lion(_Moments):
    """Chen et al., arXiv:2302.06675.

    Args:
        b1: share of the momentum in a step.
        b2: decay of the momentum.
        weight_decay: on matrices only.
    """

    name: ClassVar[str] = "lion"
    b2: float = 0.99
    weight_decay: float = 1e-3


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent.

    Args:
        momentum: in [0, 1); 0 for none.
        nesterov: whether the momentum looks ahead.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "sgd"
    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "momentum", 0 <= self.momentum < 1, "in [0, 1)")


@dataclass(frozen=True)
class RMSProp:
    """Tieleman and Hinton, Coursera lecture 6.5 (2012).

    Args:
        decay: of the mean square of the gradient, in [0, 1).
        eps: added to its root.
        momentum: in [0, 1).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "rmsprop"
    decay: float = 0.9
    eps: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("decay", "momentum"):
            require(self, name, 0 <= getattr(self, name) < 1, "in [0, 1)")
        require(self, "eps", self.eps >= 0, "at least 0")


Optimizer = AdamW | Adam | NAdamW | SGD | RMSProp | Lion | LAMB


@dataclass(frozen=True)
class _Warm:
    """Common settings of schedules with a warm-up.

    Args:
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    warmup: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "warmup", 0 <= self.warmup < 1, "in [0, 1)")
        if hasattr(self, "final"):
            require(self, "final", 0 <= self.final <= 1, "in [0, 1]")


@dataclass(frozen=True)
class Constant(_Warm):
    """The same learning rate after the warm-up.

    Args:
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
    """

    name: ClassVar[str] = "constant"


@dataclass(frozen=True)
class Cosine(_Warm):
    """Half a cosine after the warm-up (Loshchilov and Hutter, arXiv:1608.03983).

    Args:
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
        final: learning rate at the end, as a share of the highest one.
    """

    name: ClassVar[str] = "cosine"
    warmup: float = 0.1
    final: float = 0.01


@dataclass(frozen=True)
class Linear(_Warm):
    """A straight line after the warm-up.

    Args:
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
        final: learning rate at the end, as a share of the highest one.
    """

    name: ClassVar[str] = "linear"
    final: float = 0.01


@dataclass(frozen=True)
class Exponential(_Warm):
    """The same factor in every step after the warm-up.

    Args:
        warmup: share of all steps in which the learning rate rises linearly from zero, in [0, 1).
        final: learning rate at the end, as a share of the highest one; greater than 0.
    """

    name: ClassVar[str] = "exponential"
    final: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "final", self.final > 0, "greater than 0")


@dataclass(frozen=True)
class OneCycle:
    """Up and down with cosines (Smith and Topin, arXiv:1708.07120).

    Args:
        rise: share of all steps in which the learning rate rises, in (0, 1).
        start: learning rate at the beginning, as a share of the highest one, in (0, 1].
        final: learning rate at the end, as a share of the first one, in (0, 1].

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "one_cycle"
    rise: float = 0.3
    start: float = 0.04
    final: float = 1e-4

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "rise", 0 < self.rise < 1, "in (0, 1)")
        for name in ("start", "final"):
            require(self, name, 0 < getattr(self, name) <= 1, "in (0, 1]")


Schedule = Cosine | Constant | Linear | Exponential | OneCycle
