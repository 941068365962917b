"""Noise on measurements, as values: ``matrix_sensing(..., noise=StudentT(0.1))``.

Every generator of problems takes them. Sizes are relative to the root mean square of the noiseless
y.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .._support.validate import Array, describe, number


class Noise(ABC):
    """A law of noise."""

    @abstractmethod
    def draw(self, m: int, rng: np.random.Generator) -> Array:
        """Noise for m measurements whose root mean square is one; shape (m,)."""


@dataclass(frozen=True)
class Gaussian(Noise):
    """Independent N(0, scale^2)."""

    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", number("scale", self.scale, positive=False))

    def draw(self, m: int, rng: np.random.Generator) -> Array:  # noqa: D102
        return self.scale * rng.standard_normal(m)


@dataclass(frozen=True)
class StudentT(Noise):
    """Heavy tails: `scale` times Student's t.

    Parameters
    ----------
    scale : float
    degrees_of_freedom : float
        Above zero. The variance is infinite up to 2; at 1 this is Cauchy's law.
    """

    scale: float
    degrees_of_freedom: float = 2.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", number("scale", self.scale, positive=False))
        degrees = number("degrees_of_freedom", self.degrees_of_freedom, positive=True)
        object.__setattr__(self, "degrees_of_freedom", degrees)

    def draw(self, m: int, rng: np.random.Generator) -> Array:  # noqa: D102
        return self.scale * rng.standard_t(self.degrees_of_freedom, m)


@dataclass(frozen=True)
class Outliers(Noise):
    """A few measurements that are entirely wrong, the others exact.

    Parameters
    ----------
    fraction : float
        Between 0 and 1; that part of the measurements, rounded, at random places.
    scale : float
        Standard deviation of the Gaussian that is added there.
    """

    fraction: float
    scale: float = 10.0

    def __post_init__(self) -> None:
        for name in ("fraction", "scale"):
            object.__setattr__(self, name, number(name, getattr(self, name), positive=False))
        if self.fraction > 1:
            raise ValueError(f"fraction: expected a number from 0 to 1, got {self.fraction}")

    def draw(self, m: int, rng: np.random.Generator) -> Array:  # noqa: D102
        out = np.zeros(m)
        places = rng.choice(m, round(self.fraction * m), replace=False)
        out[places] = self.scale * rng.standard_normal(len(places))
        return out


NoiseLike: TypeAlias = float | Noise | Sequence[Noise]


def noise_laws(noise: NoiseLike) -> list[Noise]:
    """The laws behind a ``noise`` argument: a number is a Gaussian's scale, laws add up."""
    if isinstance(noise, Noise):
        return [noise]
    if isinstance(noise, list | tuple) and all(isinstance(law, Noise) for law in noise):
        return list(noise)
    try:
        scale = number("noise", noise, positive=False)
    except TypeError:
        raise TypeError(
            "noise: expected a number, a value such as ipgd.problems.noise.StudentT(0.1), or a "
            f"list of such values, got {describe(noise)}"
        ) from None
    return [Gaussian(scale)] if scale else []


def add_noise(y: Array, laws: Sequence[Noise], rng: np.random.Generator) -> Array:
    """The measurements y with the noise of each law added."""
    size = np.sqrt(np.mean(y**2))
    return y + size * np.sum([law.draw(len(y), rng) for law in laws], axis=0) if laws else y
