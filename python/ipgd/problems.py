"""Problems: an operator, its measurements, and the truth when it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from ._random import RNG, generator
from ._validate import Array, describe, integer, number, one_of, real_array
from .operators import DenseSymmetric, Operator

_RANK_TOLERANCE = 1e-10  # relative to the largest singular value


@dataclass(frozen=True)
class Scale:
    """Sizes estimated from A*(y): what ``"auto"`` settings are made of.

    Attributes
    ----------
    curvature : float
        lambda = ||A*(y)/m||, an estimate of c^2 sigma_1(Theta*) if every A_i is c times a
        normalised measurement.
    magnitude : float
        An estimate of sigma_1(Theta*) itself, whatever the scale of the A_i.
    """

    curvature: float
    magnitude: float


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """Recover Theta from y_i = <A_i, Theta> (+ noise).

    Parameters
    ----------
    operator : ipgd.operators.Operator
    y : array_like, shape (m,)
        Measurements; copied.
    truth : array_like, shape (d1, d2), optional
        The matrix behind y, when known: lets test errors and signal/residual norms be recorded.

    Raises
    ------
    ValueError
        If the shapes do not fit the operator or an entry is not finite.
    TypeError
        If `operator` is not an operator or an array is not real.
    """

    operator: Operator
    y: Array
    truth: Array | None = field(default=None)
    _cache: dict[str, Any] = field(init=False)

    def __init__(self, operator: Operator, y: ArrayLike, truth: ArrayLike | None = None) -> None:
        if not isinstance(operator, Operator):
            raise TypeError(
                "operator: expected an ipgd.operators operator such as DenseSymmetric(A), "
                f"got {describe(operator)}"
            )
        target = real_array("y", y, operator.shape[:1]).copy()
        known = None if truth is None else real_array("truth", truth, operator.matrix_shape).copy()
        object.__setattr__(self, "_cache", {})
        for name, value in (("operator", operator), ("y", target), ("truth", known)):
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def m(self) -> int:
        """Number of measurements."""
        return self.operator.shape[0]

    def __repr__(self) -> str:
        known = "with" if self.truth is not None else "without"
        return f"Problem({self.operator!r}, {known} truth)"

    @cached_property
    def truth_bases(self) -> tuple[Array, Array]:
        """Orthonormal bases of the truth's column and row space, (d1, r) and (d2, r)."""
        if self.truth is None:
            raise ValueError("truth: expected a problem with a truth, got one without")
        left, sigma, right = np.linalg.svd(self.truth)
        rank = int(np.count_nonzero(sigma > _RANK_TOLERANCE * sigma[0]))
        return np.ascontiguousarray(left[:, :rank]), np.ascontiguousarray(right[:rank].T)

    def back_projection(self, n_threads: int | None = None) -> Array:
        """A*(y)/m, which is Theta* in expectation for a normalised ensemble.

        Computed once. Returns an ndarray of shape (d1, d2).
        """
        if "back" not in self._cache:
            self._cache["back"] = self.operator.adjoint(self.y, n_threads=n_threads) / self.m
        back: Array = self._cache["back"]
        return back

    def scale(self, n_threads: int | None = None) -> Scale:
        """Sizes of the problem, computed once; see :class:`Scale`."""
        if "scale" not in self._cache:
            self._cache["scale"] = self._estimate_scale(n_threads)
        scale: Scale = self._cache["scale"]
        return scale

    def _estimate_scale(self, n_threads: int | None) -> Scale:
        back = self.back_projection(n_threads)
        curvature = _core.spectral_norm(back)
        if curvature == 0:
            return Scale(1.0, 1.0)  # y is orthogonal to the range: there is nothing to go by
        # t minimises ||A(t D) - y|| for the direction D = A*(y) / ||A*(y)||, ||Theta*|| ~ t ||D||
        image = self.operator.forward(back / curvature, n_threads=n_threads)
        return Scale(curvature, _core.dot(self.y, image) / _core.dot(image, image))


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
    rank = integer("rank", rank, 1)
    if rank > d:
        raise ValueError(f"rank: expected at most d = {d}, got {rank}")
    noise = number("noise", noise, positive=False)
    one_of("ensemble", ensemble, ("gaussian",))
    if (
        condition_number is not None
        and number("condition_number", condition_number, positive=True) < 1
    ):
        raise ValueError(f"condition_number: expected a number >= 1, got {condition_number}")
    random = generator(rng)
    operator = DenseSymmetric.gaussian(m, d, rng=random, dtype=dtype, sums=sums)
    factor = random.standard_normal((d, rank))
    if condition_number is None:
        factor /= np.linalg.norm(factor, axis=0)
    else:
        factor = _core.orthonormal_columns(factor)
        factor *= np.sqrt(np.linspace(1, 1 / condition_number, rank))
    # In the core and not by BLAS, whose bits can depend on its threads.
    truth = _core.SymmetricFactor(d, rank).assemble(factor.reshape(-1))
    y = operator.forward(truth)
    if noise:
        y += noise * np.sqrt(np.mean(y**2)) * random.standard_normal(m)
    return Problem(operator, y, truth)
