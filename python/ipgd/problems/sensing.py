"""Matrix sensing: a random low-rank matrix seen through Gaussian measurements."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._support.random import RNG, generator
from .._support.validate import describe, integer, one_of
from ..operators import Dense, DenseSymmetric
from ._truth import check_rank, random_factor, singular_values
from .base import Problem
from .noise import NoiseLike, add_noise, noise_laws
from .spectra import Spectrum


def matrix_sensing(
    d: int | tuple[int, int],
    rank: int,
    m: int,
    *,
    rng: RNG = None,
    condition_number: float | None = None,
    spectrum: Spectrum | None = None,
    noise: NoiseLike = 0.0,
    dtype: str | None = None,
    sums: str | None = None,
    ensemble: str = "gaussian",
) -> Problem:
    """A random matrix of low rank seen through Gaussian measurements.

    Theta* is symmetric positive semidefinite, or rectangular where d is a pair. By default it is
    that of Li, Ma and Zhang (2018): Theta* = U* U*ᵀ (V* W*ᵀ) with the columns of the factors
    Gaussian and scaled to unit length. With a spectrum, or a condition number, its singular vectors
    are random and its singular values given.

    Parameters
    ----------
    d : int or pair of int
        Theta* is d x d, or d1 x d2.
    rank : int
        1 <= rank <= d.
    m : int
        Number of measurements; about 2 d rank are needed, 5 d rank are comfortable (d1 + d2 for d
        where it is rectangular).
    rng : None, int or numpy.random.Generator
        The operator, the truth and the noise are functions of it.
    condition_number : float, optional
        The same as ``spectrum=Linear(condition_number)``: singular values from 1 to its inverse.
    spectrum : ipgd.problems.spectra.Spectrum, optional
        Flat(), Linear(kappa), PowerLaw(exponent) or Given(values).
    noise : float, ipgd.problems.noise.Noise or sequence of Noise
        A number is the standard deviation of the Gaussian noise added to each y_i, relative to the
        root mean square of the noiseless y; or Gaussian(scale), StudentT(scale, degrees),
        Outliers(fraction, scale); of several, the sum.
    dtype : {None, "float32", "float64", "bfloat16", "int8"}
        Storage of the measurement matrices. The Gaussian ensemble lies on the float32 grid, so the
        default, float32, is exact; in bfloat16 and int8 it is drawn on their grids. y is measured
        with the entries as they are stored, so nothing is lost.
    sums : {None, "float64", "float32"}
        Precision of the sums over A. Default: float64 for float64 and float32 storage, float32 for
        the narrower ones.
    ensemble : {"gaussian"}
        Distribution of the A_i: :meth:`ipgd.operators.DenseSymmetric.gaussian`, or
        :meth:`ipgd.operators.Dense.gaussian`.

    Returns
    -------
    Problem
    """
    sizes, m = _sizes(d), integer("m", m, 1)
    rank = check_rank(rank, min(sizes), "d" if len(sizes) == 1 else "min(d1, d2)")
    laws = noise_laws(noise)
    one_of("ensemble", ensemble, ("gaussian",))
    sigma = singular_values(spectrum, condition_number, rank)
    random = generator(rng)
    # In the core and not by BLAS, whose bits can depend on its threads.
    operator: Dense | DenseSymmetric
    model: _core.Parameterization
    if len(sizes) == 1:
        operator = DenseSymmetric.gaussian(m, sizes[0], rng=random, dtype=dtype, sums=sums)
        model = _core.SymmetricFactor(sizes[0], rank)
    else:
        operator = Dense.gaussian(m, sizes[0], sizes[1], rng=random, dtype=dtype, sums=sums)
        model = _core.AsymmetricFactor(sizes[0], sizes[1], rank)
    factors = [random_factor(size, rank, sigma, random) for size in sizes]
    truth = model.assemble(np.concatenate([factor.reshape(-1) for factor in factors]))
    return Problem(operator, add_noise(operator.forward(truth), laws, random), truth)


def _sizes(d: int | tuple[int, ...]) -> list[int]:
    """One number for square matrices, two for rectangular ones."""
    if not isinstance(d, tuple | list):
        return [integer("d", d, 1)]
    if len(d) != 2:
        raise ValueError(f"d: expected an integer or a pair of integers, got {describe(d)}")
    return [integer(f"d[{i}]", size, 1) for i, size in enumerate(d)]
