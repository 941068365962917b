"""The extreme singular values of an operator, and whether its adjoint is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..operators import Operator
from .checks import RNG, Array, check_operator, generator, integer
from .domain import Domain

_DENSE = 400  # free entries up to which A*A is formed
_KRYLOV = 80  # dimension of the Krylov space
_FAILURE = 1e-6  # probability that a bound does not hold


@dataclass(frozen=True)
class OperatorNorm:
    """What is known of the largest singular value of A.

    Attributes
    ----------
    value : float
        A Ritz value: the norm itself to the accuracy of the eigensolver, and never more than the
        norm by more than rounding.
    upper : float
        The norm is at most this, but for `failure`.
    failure : float
        Probability, over the random start, that the bound does not hold; 0 where A*A was formed.
    """

    value: float
    upper: float
    failure: float

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True)
class Spectrum:
    """Bounds on the eigenvalues of A*A/m on the operator's domain.

    Attributes
    ----------
    smallest, largest : float
        Ritz values: above the smallest and below the largest eigenvalue.
    lower, upper : float
        Bounds on all eigenvalues, but for `failure`.
    failure : float
    lowest, highest : ndarray, shape (d1, d2)
        The Ritz vectors, of norm one.
    """

    smallest: float
    largest: float
    lower: float
    upper: float
    failure: float
    lowest: Array = field(repr=False)
    highest: Array = field(repr=False)


def operator_norm(operator: Operator, *, rng: RNG = 0) -> OperatorNorm:
    """||A|| = max ||A(X)|| over ||X||_F = 1 in the domain of the operator, with a bound.

    Up to 400 free entries A*A is formed. Beyond, Lanczos' method (ARPACK) finds its largest
    eigenvalue theta from a random start; with k dimensions of the Krylov space the largest
    eigenvalue exceeds theta / (1 - epsilon) with a probability of at most
    1.648 sqrt(p) exp(-sqrt(epsilon) (2 k - 1)), which `failure` sets to 1e-6.

    Parameters
    ----------
    operator : Operator
    rng : None, int or numpy.random.Generator
        Of the start.

    Returns
    -------
    OperatorNorm

    Raises
    ------
    TypeError
        If it is no operator.

    References
    ----------
    Kuczyński, Woźniakowski (1992), "Estimating the largest eigenvalue by the power and Lanczos
    algorithms with a random start", theorem 4.2 (as it is commonly quoted).
    """
    domain = Domain(check_operator(operator))
    m = operator.shape[0]
    if domain.size <= _DENSE:
        value = float(_dense(domain)[0][-1])
        return OperatorNorm(math.sqrt(m * value), math.sqrt(m * value), 0.0)
    value, upper, _ = _largest(domain.normal, domain.size, generator(rng))
    return OperatorNorm(math.sqrt(m * value), math.sqrt(m * upper), _FAILURE)


def normal_spectrum(operator: Operator, rng: np.random.Generator) -> Spectrum:
    """Bounds on the eigenvalues of A*A/m on the operator's domain."""
    domain = Domain(operator)
    if domain.size <= _DENSE:
        values, vectors = _dense(domain)
        low, high = max(0.0, float(values[0])), float(values[-1])
        lowest, highest = domain.matrices(vectors[:, [0, -1]].T)
        return Spectrum(low, high, low, high, 0.0, lowest, highest)
    high, upper, last = _largest(domain.normal, domain.size, rng)
    # The smallest eigenvalue of B is c less the largest of c I - B.
    value, bound, first = _largest(lambda x: upper * x - domain.normal(x), domain.size, rng)
    few = domain.measurements < domain.size
    lower = 0.0 if few else max(0.0, upper - bound)
    lowest, highest = domain.matrices(np.stack([first, last]))
    return Spectrum(upper - value, high, lower, upper, 2 * _FAILURE, lowest, highest)


def _dense(domain: Domain) -> tuple[Array, Array]:
    """All eigenvalues of A*A/m, ascending, and their vectors."""
    normal = domain.normal(np.eye(domain.size))
    values, vectors = np.linalg.eigh((normal + normal.T) / 2)
    return values, vectors


def _largest(
    apply: Callable[[Array], Array], size: int, rng: np.random.Generator
) -> tuple[float, float, Array]:
    """The largest eigenvalue of a positive semidefinite map by Lanczos, a bound, its vector."""
    from scipy.sparse.linalg import LinearOperator, eigsh  # noqa: PLC0415 (takes its time)

    linear = LinearOperator((size, size), matvec=lambda x: apply(x.reshape(1, -1))[0])
    start = rng.standard_normal(size)
    start /= np.linalg.norm(start)
    if not apply(start.reshape(1, -1)).any():  # zero with probability one; ARPACK refuses it
        return 0.0, 0.0, start
    values, vectors = eigsh(linear, 1, which="LA", ncv=_KRYLOV, v0=start)
    value = float(values[0])
    # 1.648 sqrt(p) exp(-sqrt(eps) (2k - 1)) = failure; restarts only raise the Ritz value.
    root = math.log(1.648 * math.sqrt(size) / _FAILURE) / (2 * _KRYLOV - 1)
    return value, value / (1 - root**2), vectors[:, 0]


def adjoint_test(operator: Operator, pairs: int = 10, *, rng: RNG = 0) -> float:
    """The largest |<A(X), y> - <X, A*(y)>| / (||A(X)|| ||y||) over random pairs.

    A few units of rounding where A* is the adjoint of A; of the order of one where it is not. It
    takes what :meth:`~ipgd.operators.Operator.matvec` and ``rmatvec`` do, so SciPy's linear
    operators will do, too.

    Parameters
    ----------
    operator : Operator or scipy.sparse.linalg.LinearOperator
    pairs : int
        Random pairs of a Gaussian X and a Gaussian y.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If it has no `shape`, `matvec` and `rmatvec`.
    """
    if not all(hasattr(operator, name) for name in ("shape", "matvec", "rmatvec")):
        check_operator(operator)
    count, random = integer("pairs", pairs, 1), generator(rng)
    m, n = operator.shape
    worst = 0.0
    for _ in range(count):
        x, y = random.standard_normal(n), random.standard_normal(m)
        image, back = operator.matvec(x), operator.rmatvec(y)
        scale = float(np.linalg.norm(image) * np.linalg.norm(y)) or 1.0
        worst = max(worst, abs(float(image @ y) - float(x @ back)) / scale)
    return worst
