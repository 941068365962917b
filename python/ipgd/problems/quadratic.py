"""Quadratic regression: a one-hidden-layer network with quadratic activations."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._support.random import RNG, generator
from .._support.validate import Array, integer, real_array
from ..losses import Loss
from ..operators import RankOne
from ..operators.base import Theta
from ._predict import HasFactors, factors_of
from ._truth import check_rank, random_factor, singular_values
from .base import Problem
from .noise import NoiseLike, add_noise, noise_laws
from .spectra import Spectrum


class QuadraticRegression(Problem):
    """Fit y = xᵀ Theta x = sum_j (u_jᵀ x)^2: A_i = x_i x_iᵀ, Theta = U Uᵀ.

    The columns of U are the hidden units of a network with quadratic activations and output weights
    one, whose output is never negative.

    Parameters
    ----------
    X : array_like, shape (m, d)
        Inputs, one a row.
    y : array_like, shape (m,)
        Responses.
    truth : array_like of shape (d, d), or tuple of two, optional
        Theta*, or (U*, U*), when known.
    dtype : {None, "float64", "float32"}
        Storage of X, as in :class:`ipgd.operators.RankOne`.
    loss : ipgd.losses.Loss, optional
        As in :class:`ipgd.Problem`.

    References
    ----------
    Li, Ma, Zhang (2018), section 4: "Algorithmic regularization in over-parameterized matrix
    sensing and neural networks with quadratic activations", arXiv 1712.09203.
    """

    operator: RankOne

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        truth: Theta | None = None,
        *,
        dtype: str | None = None,
        loss: Loss | None = None,
    ) -> None:
        super().__init__(RankOne(X, dtype=dtype), y, truth, loss=loss)

    def predict(self, solution: HasFactors, X: ArrayLike) -> Array:
        """The network's output for new inputs, xᵀ Theta x = ||Uᵀ x||^2.

        Parameters
        ----------
        solution : Solution
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        d = self.operator.matrix_shape[0]
        return RankOne(real_array("X", X, (None, d))).forward(factors_of(solution, self.operator))


def quadratic_regression(
    d: int,
    rank: int,
    m: int,
    *,
    rng: RNG = None,
    condition_number: float | None = None,
    spectrum: Spectrum | None = None,
    noise: NoiseLike = 0.0,
    dtype: str | None = None,
) -> QuadraticRegression:
    """A random network with quadratic activations on standard Gaussian inputs.

    y_i = sum_j (u_jᵀ x_i)^2 with `rank` hidden units, whose weights u_j are Gaussian of unit length
    (Li, Ma and Zhang 2018); with a spectrum, or a condition number, they are orthogonal and
    Theta* = U* U*ᵀ has the given eigenvalues.

    Parameters
    ----------
    d, rank, m : int
        Dimension of the inputs; hidden units, 1 <= rank <= d; number of samples.
    rng : None, int or numpy.random.Generator
        Inputs, weights and noise are functions of it.
    condition_number : float, optional
        The same as ``spectrum=Linear(condition_number)``: eigenvalues from 1 to its inverse.
    spectrum : ipgd.problems.spectra.Spectrum, optional
        Flat(), Linear(kappa), PowerLaw(exponent) or Given(values).
    noise : float, ipgd.problems.noise.Noise or sequence of Noise
        As in :func:`ipgd.matrix_sensing`.
    dtype : {None, "float32", "float64"}
        Storage of the inputs, which lie on the float32 grid: nothing is lost by the default.

    Returns
    -------
    QuadraticRegression
    """
    d, m = integer("d", d, 1), integer("m", m, 1)
    rank = check_rank(rank, d, "d")
    sigma = singular_values(spectrum, condition_number, rank)
    laws = noise_laws(noise)
    random = generator(rng)
    operator = RankOne.gaussian(m, d, rng=random, dtype=dtype)
    factor = random_factor(d, rank, sigma, random)
    y = add_noise(operator.forward((factor, factor)), laws, random)
    problem = QuadraticRegression.__new__(QuadraticRegression)
    Problem.__init__(problem, operator, y, (factor, factor))
    return problem
