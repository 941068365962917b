"""The spectral density of the Hessian by stochastic Lanczos quadrature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ..parameterizations import Parameterization
from ..problems import Problem
from .checks import Array, integer, number
from .hessian import products
from .point import Parameters, Point, point_of
from .regions import Change, RegionName, region_of

_BREAKDOWN = 1e-12  # of the largest coefficient: then the Krylov space is exhausted
_GRID = 512
_WIDTH = 0.01  # of the range, of the Gaussian that stands for each node


@dataclass(frozen=True, eq=False)
class SpectralDensity:
    """A quadrature for averages over the eigenvalues: (1/n) tr F(H) ~ sum_j weight_j F(node_j).

    Attributes
    ----------
    nodes, weights : ndarray of shape (probes, steps)
        Weights of a probe add up to 1 / probes, so that all add up to 1. A probe whose Krylov space
        was exhausted early has zero weights at the end.
    size : int
        n, the number of eigenvalues.
    """

    nodes: Array
    weights: Array
    size: int

    def moment(self, power: int) -> float:
        """(1/n) tr H^power, an unbiased estimate up to power 2 steps - 1."""
        return float((self.weights * self.nodes ** integer("power", power, 0)).sum())

    def below(self, value: float) -> float:
        """The fraction of eigenvalues below `value`, estimated."""
        return float(self.weights[self.nodes < value].sum())

    def density(self, grid: Array | None = None, width: float | None = None) -> tuple[Array, Array]:
        """The density, each node spread to a Gaussian.

        Parameters
        ----------
        grid : ndarray, optional
            Where. Default: 512 points from one end of the nodes to the other, and 3 widths beyond.
        width : float, optional
            Standard deviation of the Gaussian. Default: a hundredth of the nodes' range.

        Returns
        -------
        grid, density : ndarray
        """
        low, high = float(self.nodes.min()), float(self.nodes.max())
        if width is None:
            width = _WIDTH * ((high - low) or abs(high) or 1.0)
        width = number("width", width, positive=True)
        if grid is None:
            grid = np.linspace(low - 3 * width, high + 3 * width, _GRID)
        at = np.asarray(grid, dtype=np.float64)
        bumps = np.exp(-0.5 * ((at[:, None] - self.nodes.reshape(-1)) / width) ** 2)
        return at, bumps @ self.weights.reshape(-1) / (width * np.sqrt(2 * np.pi))


def spectral_density(
    problem: Problem,
    solution: Parameters,
    region: RegionName | None = None,
    *,
    probes: int = 16,
    steps: int = 60,
    rng: int | np.random.Generator | None = 0,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> SpectralDensity:
    r"""The spectral density of the Hessian of f at a point, or of its projection on M.

    Each probe z, with random signs, gives a Gauss quadrature for the measure of its components:
    `steps` Lanczos steps from z / ||z|| make a tridiagonal T = S diag(nodes) Sᵀ, and
    zᵀ F(H) z / n ~ sum_j S_{1j}^2 F(node_j), exact for polynomials F up to degree 2 steps - 1.
    Averages over probes estimate tr F(H) / n (Hutchinson). All probes advance together, so their
    products share each pass over A; new Lanczos vectors are orthogonalised against all before.

    Parameters
    ----------
    problem : Problem
    solution : Solution, or dict of str to array_like
        A solution, or parameters such as those that a callback sees.
    region : str, optional
        As in :func:`split`, of the parameters: then the spectrum of the Hessian on the tangent
        space of M. Default: the whole space.
    probes, steps : int
        Memory is probes * steps vectors of parameters.
    rng : int, numpy.random.Generator or None
        Of the probes.
    parameterization : Parameterization, optional
        The model of parameters whose names do not say it.
    n_threads : int, optional

    Returns
    -------
    SpectralDensity

    Raises
    ------
    ValueError
        If the model has no such region, or the problem no truth that it needs.
    TypeError
        If an argument is of another kind.

    References
    ----------
    Golub, Meurant (2010), "Matrices, moments and quadrature with applications"; Ubaru, Chen, Saad
    (2017), "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature", SIAM J. Matrix Anal.
    Appl. 38; Ghorbani, Krishnan, Xiao (2019), arXiv 1901.10159, for Hessians of networks.
    """
    probes, steps = integer("probes", probes, 1), integer("steps", steps, 1)
    point = point_of(problem, solution, parameterization, n_threads)
    apply, size = _hessian(point, region)
    steps = min(steps, size)
    signs = np.random.default_rng(rng).integers(0, 2, (probes, size))
    alpha, beta = _lanczos(apply, (2.0 * signs - 1.0) / np.sqrt(size), steps)
    nodes, weights = np.zeros((probes, steps)), np.zeros((probes, steps))
    for k in range(probes):
        ended = np.flatnonzero(beta[k] == 0)
        length = int(ended[0]) + 1 if len(ended) else steps
        values, vectors = eigh_tridiagonal(alpha[k, :length], beta[k, : length - 1])
        nodes[k] = values[-1]
        nodes[k, :length], weights[k, :length] = values, vectors[0] ** 2 / probes
    return SpectralDensity(nodes, weights, size)


def _hessian(point: Point, region: RegionName | None) -> tuple[Change, int]:
    """Products with H for rows of coordinates, and how many coordinates there are."""
    if region is None:
        return lambda rows: products(point, rows), len(point.flat)
    tangent = region_of(point, region).tangent
    if tangent is None:
        raise ValueError(
            f"region: expected one of the parameters, got {region!r} of "
            f"{type(point.model).__name__}, which is one of Theta"
        )

    def apply(rows: Array) -> Array:
        images = products(point, np.array([tangent.embed(row) for row in rows]))
        return np.array([tangent.restrict(image) for image in images])

    return apply, tangent.dimension


def _lanczos(apply: Change, start: Array, steps: int) -> tuple[Array, Array]:
    """Diagonals (k, steps) and off-diagonals (k, steps - 1) of T for each row of `start`.

    An off-diagonal is zero where the Krylov space ends.
    """
    count, size = start.shape
    known = np.zeros((count, steps, size))
    alpha, beta = np.zeros((count, steps)), np.zeros((count, max(steps - 1, 0)))
    v = start
    for j in range(steps):
        known[:, j] = v
        w = apply(v)
        alpha[:, j] = (v * w).sum(axis=1)
        if j + 1 == steps:
            break
        for _ in range(2):  # what rounding leaves the first time goes the second
            inner = np.einsum("kjn,kn->kj", known[:, : j + 1], w)
            w = w - np.einsum("kj,kjn->kn", inner, known[:, : j + 1])
        length = np.linalg.norm(w, axis=1)
        scale = np.abs(alpha[:, : j + 1]).max(axis=1) + beta.max(axis=1, initial=0.0)
        length[length <= _BREAKDOWN * scale] = 0.0
        beta[:, j] = length
        v = w / np.where(length > 0, length, 1.0)[:, None]
        v[length == 0] = 0.0
    return alpha, beta
