"""Settings of the simulation; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.validated import check_types, require

__all__ = ["BeamSettings", "CollisionSettings", "DetectorSettings", "SimulationSettings"]


@dataclass(frozen=True)
class BeamSettings:
    """Beam spot, which a calibration has to find.

    Args:
        x: of the middle, mm; likewise the following.
        y: of the middle.
        z: of the middle.
        width: standard deviation in x and y.
        length: standard deviation in z.
    """

    x: float = 0.35
    y: float = -0.22
    z: float = 4.0
    width: float = 0.0125
    length: float = 55.5

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("width", "length"):
            require(self, name, getattr(self, name) > 0, "greater than 0")


@dataclass(frozen=True)
class DetectorSettings:
    """Magnetic field and material that particles pass.

    Args:
        field: magnetic field along z, T.
        interactions: whether they scatter and lose energy in the material.
    """

    field: float = 2.0
    interactions: bool = True

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "field", self.field > 0, "greater than 0")


@dataclass(frozen=True)
class CollisionSettings:
    """Collisions of an event: vertices and their particles.

    Args:
        vertices: number of vertices, or its mean.
        particles: charged ones of a vertex, or their mean.
        kaons: K0S of a vertex that decay to two of its particles.
        pt: lowest and highest transverse momentum, GeV; as many particles in each interval of its logarithm.
        eta: largest pseudorapidity; uniform.
        realistic: whether the number of vertices follows a Poisson distribution, that of particles a negative binomial
            one (k = 2), and momenta that of Tsallis, of pions, kaons and protons.
        beam: where the beams meet.
        detector: what particles meet.
    """

    vertices: int = 50
    particles: int = 30
    kaons: int = 0
    pt: tuple[float, float] = (0.3, 5.0)
    eta: float = 3.0
    realistic: bool = False
    beam: BeamSettings = field(default_factory=BeamSettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "vertices", 1 <= self.vertices <= 1000, "1 to 1000")
        require(self, "particles", self.particles >= 1, "at least 1")
        require(self, "kaons", 0 <= 2 * self.kaons <= self.particles, "at most half the number of particles")
        require(self, "pt", 0.15 <= self.pt[0] < self.pt[1], "two rising numbers of at least 0.15")
        require(self, "eta", 0 < self.eta <= 4, "between 0 and 4")


@dataclass(frozen=True)
class SimulationSettings:
    """From true hits to measured clusters.

    Args:
        pitch: width of a pixel in both directions, mm; a cluster is known to this over the root of 12.
        attempts: to find a place within the module for each cluster.
    """

    pitch: float = 0.05
    attempts: int = 100

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "pitch", self.pitch > 0, "greater than 0")
        require(self, "attempts", self.attempts > 0, "greater than 0")

    @property
    def resolution(self) -> float:
        """Standard deviation of a measured coordinate, mm."""
        return float(self.pitch / 12**0.5)
