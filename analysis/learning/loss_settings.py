"""Losses by name, and what they can be told; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis.validated import check_types, require

__all__ = [
    "CrossEntropy",
    "DomainAdversarial",
    "Focal",
    "Gaussian",
    "Huber",
    "Likelihood",
    "LossSettings",
    "Reconstruction",
    "Refinement",
    "SquaredError",
    "Variational",
    "VariationalGaussian",
    "Wasserstein",
    "quantile_name",
]


@dataclass(frozen=True)
class CrossEntropy:
    """The classes of events, by the cross entropy.

    Args:
        label_smoothing: share of an event's say that goes to all classes alike, in [0, 1) (Szegedy et al.,
            arXiv:1512.00567, section 7).
        balanced: whether every class has the same say, or the events' own weights decide.
        class_weights: a factor for each class, on top of that; empty for none.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "cross_entropy"
    label_smoothing: float = 0.0
    balanced: bool = True
    class_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "label_smoothing", 0 <= self.label_smoothing < 1, "in [0, 1)")
        require(self, "class_weights", all(weight > 0 for weight in self.class_weights), "factors greater than 0")


@dataclass(frozen=True)
class Focal(CrossEntropy):
    """The cross entropy times (1 - p)^gamma, so that events which are known well count little (arXiv:1708.02002).

    Args:
        label_smoothing: as for the cross entropy.
        balanced: as for the cross entropy.
        class_weights: as for the cross entropy.
        gamma: at least 0, where it is the cross entropy.
    """

    name: ClassVar[str] = "focal"
    gamma: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "gamma", self.gamma >= 0, "at least 0")


@dataclass(frozen=True)
class Gaussian:
    """The targets of events and how well these are known, by the likelihood of a normal distribution."""

    name: ClassVar[str] = "gaussian"


@dataclass(frozen=True)
class Variational(CrossEntropy):
    """The classes of events, by networks that draw their parameters (``analysis.learning.networks.bayesian:build``).

    Args:
        label_smoothing: as for the cross entropy.
        balanced: as for the cross entropy.
        class_weights: as for the cross entropy.
    """

    name: ClassVar[str] = "variational"


@dataclass(frozen=True)
class VariationalGaussian:
    """The targets of events and how well these are known, by networks that draw their parameters."""

    name: ClassVar[str] = "variational_gaussian"


@dataclass(frozen=True)
class SquaredError:
    """The targets of events, by the mean squared error."""

    name: ClassVar[str] = "squared_error"


@dataclass(frozen=True)
class Huber:
    """The targets of events: squared errors near zero, absolute ones beyond (Huber, Ann. Math. Stat. 35 (1964) 73).

    Args:
        delta: where it goes over, in standard deviations of the target.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "huber"
    delta: float = 1.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "delta", self.delta > 0, "greater than 0")


@dataclass(frozen=True)
class Reconstruction:
    """The features themselves, by the mean squared difference, for autoencoders.

    Args:
        blocks: names of the blocks of features; empty for all.

    Raises:
        StudyError: a value is of the wrong type.
    """

    name: ClassVar[str] = "reconstruction"
    blocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class Likelihood:
    """The probability density of targets, for networks such as ``analysis.learning.networks.flow:build``.

    Args:
        drawn: whether predictions are targets that are drawn, one an event, and not means and standard deviations.
        quantiles: probabilities, rising, that a target is smaller than a number that is predicted beside its mean and
            standard deviation; 0.16 and 0.84 are the ends of its central interval of 68 %.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "likelihood"
    drawn: bool = False
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        inside = all(0 < level < 1 for level in self.quantiles)
        require(self, "quantiles", inside and sorted(set(self.quantiles)) == list(self.quantiles), "rising, in (0, 1)")
        require(self, "quantiles", not (self.drawn and self.quantiles), "none where targets are drawn")


@dataclass(frozen=True)
class Wasserstein:
    """Targets that a generator draws, by their distance to the true ones as a critic learns it.

    For networks such as ``analysis.learning.networks.adversarial:build``. In each step, the events are dealt to
    ``critic_steps + 1`` updates: the critic's, then one of the generator.

    Args:
        critic_steps: updates of the critic for each one of the generator.
        penalty: on slopes of the critic other than 1 (arXiv:1704.00028).
        critic_learning_rate: a factor on the training's learning rate.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "wasserstein"
    critic_steps: int = 5
    penalty: float = 10.0
    critic_learning_rate: float = 1.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "critic_steps", self.critic_steps >= 1, "at least 1")
        require(self, "penalty", self.penalty > 0, "greater than 0")
        require(self, "critic_learning_rate", self.critic_learning_rate > 0, "greater than 0")


@dataclass(frozen=True)
class Refinement:
    """Simulated events that a refiner changes until a critic cannot tell them from data.

    For networks such as ``analysis.learning.networks.refiner:build`` and events of two classes: the first one is
    refined to be like the second one. In each step, the events are dealt to ``critic_steps + 1`` updates: the critic's,
    then one of the refiner.

    Args:
        block: name of the block of features that is refined, whose features have no names.
        critic_steps: updates of the critic for each one of the refiner.
        penalty: on slopes of the critic above 1.
        critic_learning_rate: a factor on the training's learning rate.
        closeness: on the mean squared change of an event, which keeps it what it was.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "refinement"
    block: str = "refined"
    critic_steps: int = 5
    penalty: float = 10.0
    critic_learning_rate: float = 1.0
    closeness: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "critic_steps", self.critic_steps >= 1, "at least 1")
        require(self, "penalty", self.penalty > 0, "greater than 0")
        require(self, "critic_learning_rate", self.critic_learning_rate > 0, "greater than 0")
        require(self, "closeness", self.closeness >= 0, "at least 0")


@dataclass(frozen=True)
class DomainAdversarial:
    """The targets of simulated events, by features that tell simulation and data apart as little as they can.

    For networks such as ``analysis.learning.networks.reversal:build`` and events of two classes: simulation, whose
    targets are learned, and data, whose targets nobody needs to know.

    Args:
        strength: a factor on the reversed gradient, lambda of arXiv:1409.7495.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    name: ClassVar[str] = "domain_adversarial"
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "strength", self.strength >= 0, "at least 0")


LossSettings = (
    CrossEntropy
    | Focal
    | Variational
    | Gaussian
    | VariationalGaussian
    | SquaredError
    | Huber
    | Likelihood
    | Wasserstein
    | DomainAdversarial
    | Refinement
    | Reconstruction
)


def quantile_name(target: str, level: float) -> str:
    """Name of a predicted quantile.

    Examples:
        >>> quantile_name("xmax", 0.16), quantile_name("xmax", 0.025)
        ('xmax_q16', 'xmax_q2_5')
    """
    return f"{target}_q" + f"{100 * level:g}".replace(".", "_")
