"""Random low-rank matrices by their factors."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._support.validate import Array, integer
from .spectra import Linear, Spectrum, check_spectrum


def check_rank(rank: int, d: int, name: str) -> int:
    """`rank` as an int between 1 and d."""
    rank = integer("rank", rank, 1)
    if rank > d:
        raise ValueError(f"rank: expected at most {name} = {d}, got {rank}")
    return rank


def singular_values(
    spectrum: Spectrum | None, condition_number: float | None, rank: int
) -> Array | None:
    """Those of a spectrum or of a condition number; None where neither is given."""
    if condition_number is not None:
        if spectrum is not None:
            raise ValueError(
                "spectrum: expected None beside a condition_number, which is the same as "
                f"Linear(condition_number), got {spectrum!r}"
            )
        spectrum = Linear(condition_number)
    return None if spectrum is None else check_spectrum(spectrum).values(rank)


def random_factor(d: int, rank: int, sigma: Array | None, rng: np.random.Generator) -> Array:
    """U (d x rank): Gaussian columns of unit length, or orthogonal ones of the lengths sqrt(sigma).

    U Uᵀ then has the eigenvalues sigma.
    """
    factor = rng.standard_normal((d, rank))
    if sigma is None:
        factor /= np.linalg.norm(factor, axis=0)
    else:
        factor = _core.orthonormal_columns(factor)
        factor *= np.sqrt(sigma)
    return factor
