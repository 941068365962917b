"""Matrix sensing: a random low-rank matrix seen through Gaussian measurements."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._random import RNG, generator
from .._validate import integer, number, one_of
from ..operators import DenseSymmetric
from ._truth import check_condition_number, check_rank, random_factor
from .base import Problem


def matrix_sensing(
    d: int,
    rank: int,
    m: int,
    *,
    rng: RNG = None,
    condition_number: float | None = None,
    noise: float = 0.0,
    dtype: str | None = None,
    sums: str | None = None,
    ensemble: str = "gaussian",
) -> Problem:
    """A random symmetric positive semidefinite matrix seen through Gaussian measurements.

    Without `condition_number` the truth is that of Li, Ma and Zhang (2018): Theta* = U* U*ᵀ with
    the columns of U* (d x rank) Gaussian and scaled to unit length. With it, Theta* has random
    eigenvectors and eigenvalues linearly spaced from 1 to 1/condition_number.

    Parameters
    ----------
    d : int
        Theta* is d x d.
    rank : int
        1 <= rank <= d.
    m : int
        Number of measurements; about 2 d rank are needed, 5 d rank are comfortable.
    rng : None, int or numpy.random.Generator
        The operator, the truth and the noise are functions of it.
    condition_number : float, optional
        Ratio of the largest to the smallest non-zero eigenvalue, >= 1.
    noise : float
        Standard deviation of the Gaussian noise added to each y_i, relative to the
        root mean square of the noiseless y.
    dtype : {None, "float32", "float64", "bfloat16", "int8"}
        Storage of the measurement matrices. The Gaussian ensemble lies on the float32 grid, so the
        default, float32, is exact; in bfloat16 and int8 it is drawn on their grids. y is measured
        with the entries as they are stored, so nothing is lost.
    sums : {None, "float64", "float32"}
        Precision of the sums over A. Default: float64 for float64 and float32 storage, float32 for
        the narrower ones.
    ensemble : {"gaussian"}
        Distribution of the A_i: :meth:`ipgd.operators.DenseSymmetric.gaussian`.

    Returns
    -------
    Problem
    """
    d, m = integer("d", d, 1), integer("m", m, 1)
    rank = check_rank(rank, d, "d")
    noise = number("noise", noise, positive=False)
    one_of("ensemble", ensemble, ("gaussian",))
    check_condition_number(condition_number)
    random = generator(rng)
    operator = DenseSymmetric.gaussian(m, d, rng=random, dtype=dtype, sums=sums)
    factor = random_factor(d, rank, condition_number, random)
    # In the core and not by BLAS, whose bits can depend on its threads.
    truth = _core.SymmetricFactor(d, rank).assemble(factor.reshape(-1))
    y = operator.forward(truth)
    if noise:
        y += noise * np.sqrt(np.mean(y**2)) * random.standard_normal(m)
    return Problem(operator, y, truth)
