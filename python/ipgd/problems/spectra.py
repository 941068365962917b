"""The non-zero singular values of Theta*, as values: ``matrix_sensing(..., spectrum=Flat())``.

Of a sparse vector, the sizes of its entries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._support.validate import Array, describe, number, real_array


class Spectrum(ABC):
    """A law of singular values."""

    @abstractmethod
    def values(self, rank: int) -> Array:
        """The `rank` singular values, descending and positive."""


def check_spectrum(spectrum: object) -> Spectrum:
    """`spectrum` if it is one."""
    if not isinstance(spectrum, Spectrum):
        raise TypeError(
            "spectrum: expected a value such as ipgd.problems.spectra.Flat(), got "
            f"{describe(spectrum)}"
        )
    return spectrum


@dataclass(frozen=True)
class Flat(Spectrum):
    """All of them one."""

    def values(self, rank: int) -> Array:  # noqa: D102
        return np.ones(rank)


@dataclass(frozen=True)
class Linear(Spectrum):
    """Linearly spaced from 1 to 1/condition_number.

    Parameters
    ----------
    condition_number : float
        At least 1.
    """

    condition_number: float

    def __post_init__(self) -> None:
        kappa = number("condition_number", self.condition_number, positive=True)
        if kappa < 1:
            raise ValueError(
                f"condition_number: expected a number >= 1, got {self.condition_number}"
            )
        object.__setattr__(self, "condition_number", kappa)

    def values(self, rank: int) -> Array:  # noqa: D102
        return np.linspace(1, 1 / self.condition_number, rank)


@dataclass(frozen=True)
class PowerLaw(Spectrum):
    """sigma_i = i^-exponent, i = 1, 2, ...

    Parameters
    ----------
    exponent : float
        At least 0.
    """

    exponent: float

    def __post_init__(self) -> None:
        exponent = number("exponent", self.exponent, positive=False)
        object.__setattr__(self, "exponent", exponent)

    def values(self, rank: int) -> Array:  # noqa: D102
        return np.arange(1.0, rank + 1) ** -self.exponent


@dataclass(frozen=True)
class Given(Spectrum):
    """These.

    Parameters
    ----------
    sigma : sequence of float
        Positive; put in descending order. As many as the rank.
    """

    sigma: Sequence[float]

    def __post_init__(self) -> None:
        sigma = real_array("sigma", self.sigma, (None,))
        if not np.all(sigma > 0):
            raise ValueError(f"sigma: expected positive numbers, got {sigma.min()}")
        object.__setattr__(self, "sigma", tuple(float(s) for s in np.sort(sigma)[::-1]))

    def values(self, rank: int) -> Array:  # noqa: D102
        if len(self.sigma) != rank:
            raise ValueError(
                f"sigma: expected {rank} values, as many as the rank or the sparsity, got "
                f"{len(self.sigma)}"
            )
        return np.array(self.sigma)
