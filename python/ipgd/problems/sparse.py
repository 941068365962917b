"""Sparse regression: a vector with few entries, seen through a wide matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._support.random import RNG, generator
from .._support.validate import integer, number, numeric_array, shaped
from ..losses import Loss
from ..operators import Dense, advice
from .base import Problem
from .noise import NoiseLike, add_noise, noise_laws
from .spectra import Flat, Spectrum, check_spectrum


def sparse_regression(
    d: int,
    sparsity: int,
    m: int,
    *,
    rng: RNG = None,
    magnitude: float = 1.0,
    spectrum: Spectrum | None = None,
    noise: NoiseLike = 0.0,
    dtype: str | None = None,
    sums: str | None = None,
) -> Problem:
    """A random sparse vector seen through Gaussian measurements, y = A theta + noise.

    Theta* has `sparsity` entries of random sign at random places, by default of the same size.

    Parameters
    ----------
    d : int
        Theta* is d x 1.
    sparsity : int
        1 <= sparsity <= d.
    m : int
        Number of measurements; some 2 sparsity log(d / sparsity) are needed.
    rng : None, int or numpy.random.Generator
        The operator, the truth and the noise are functions of it.
    magnitude : float
        Size of the entries that are not zero; with a spectrum, its unit.
    spectrum : ipgd.problems.spectra.Spectrum, optional
        Sizes of these entries: Flat(), Linear(ratio), PowerLaw(exponent) or Given(values).
    noise : float, ipgd.problems.noise.Noise or sequence of Noise
        As in :func:`ipgd.matrix_sensing`.
    dtype, sums : optional
        Storage of A and precision of its sums: :meth:`ipgd.operators.Dense.gaussian`.

    Returns
    -------
    Problem
        With an operator on d x 1 matrices, which is solved with
        :class:`ipgd.HadamardPower` by default.
    """
    d, m = integer("d", d, 1), integer("m", m, 1)
    sparsity = integer("sparsity", sparsity, 1)
    if sparsity > d:
        raise ValueError(f"sparsity: expected at most d = {d}, got {sparsity}")
    magnitude = number("magnitude", magnitude, positive=True)
    sizes = magnitude * check_spectrum(Flat() if spectrum is None else spectrum).values(sparsity)
    laws = noise_laws(noise)
    random = generator(rng)
    operator = Dense.gaussian(m, d, 1, rng=random, dtype=dtype, sums=sums)
    truth = np.zeros((d, 1))
    support = random.choice(d, sparsity, replace=False)
    truth[support, 0] = sizes * random.choice([-1.0, 1.0], sparsity)
    return Problem(operator, add_noise(operator.forward(truth), laws, random), truth)


def sparse_regression_data(
    A: ArrayLike,
    y: ArrayLike,
    truth: ArrayLike | None = None,
    *,
    dtype: str | None = None,
    sums: str | None = None,
    loss: Loss | None = None,
) -> Problem:
    """Find a sparse theta with A theta = y, for data of your own.

    Parameters
    ----------
    A : array_like, shape (m, d)
        One row a measurement; read block by block, so a memory map will do. Not modified.
    y : array_like, shape (m,)
    truth : array_like, shape (d,) or (d, 1), optional
    dtype, sums : optional
        Storage of A and precision of its sums: :class:`ipgd.operators.Dense`.
    loss : ipgd.losses.Loss, optional
        As in :class:`ipgd.Problem`.

    Returns
    -------
    Problem
        With an operator on d x 1 matrices.

    Raises
    ------
    ValueError
        If the shapes do not fit or an entry is not finite.
    TypeError
        If an array is not real.
    """
    matrix = numeric_array("A", A, advice.VECTORS)
    shaped("A", matrix, (None, None))
    known = truth
    if truth is not None and np.ndim(truth) == 1:
        known = numeric_array("truth", truth)[:, None]
    return Problem(Dense(matrix[:, :, None], dtype=dtype, sums=sums), y, known, loss=loss)
