"""Problems: an operator, its measurements, and the truth when it is known."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._support.html import table
from .._support.memory import require_memory
from .._support.validate import Array, describe, numeric_array, real_array
from ..losses import LOSSES, Loss
from ..operators import Operator, advice
from ..operators.base import Theta
from ._vectors import entry_sizes, largest_curvature

_FIELDS = ("operator", "y", "truth", "basis", "loss")
_LARGEST_PROBE = 2**22  # entries
_PROBE = 0x697067642D7072  # a seed that no A is drawn from
_ORTHONORMAL = 1e-8
_SYMMETRIC = 1e-8  # relative to the largest entry
_RANK_TOLERANCE = 1e-10  # relative to the largest singular value
_SCALE_TOLERANCE = 1e-3  # of the power iteration: step sizes need no more


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
    truth : array_like of shape (d1, d2), or tuple of two, optional
        The matrix behind y, when known: lets test errors and signal/residual norms be recorded.
        Its factors (L, R) of shapes (d1, k) and (d2, k) stand for L Rᵀ, which is then never formed.
    basis : array_like, shape (n, d1, d2), optional
        Orthonormal matrices phi_i: lets the coefficients beta_i = <phi_i, Theta> be recorded of a
        problem with a truth.
    loss : ipgd.losses.Loss, optional
        What a residual costs: :class:`ipgd.Huber` for outliers, :class:`ipgd.Logistic` for bits.
        Default: its square.

    Raises
    ------
    ValueError
        If the shapes do not fit the operator, an entry is not finite, or the basis is not
        orthonormal to 1e-8.
    TypeError
        If `operator` is not an operator or an array is not real.
    """

    operator: Operator
    y: Array
    truth: Array | tuple[Array, Array] | None = field(default=None)
    basis: Array | None = field(default=None)
    loss: Loss | None = field(default=None)
    _cache: dict[str, Any] = field(init=False)

    def __init__(
        self,
        operator: Operator,
        y: ArrayLike,
        truth: Theta | None = None,
        basis: ArrayLike | None = None,
        loss: Loss | None = None,
    ) -> None:
        if not isinstance(operator, Operator):
            raise TypeError(
                "operator: expected an ipgd.operators operator such as DenseSymmetric(A), "
                f"got {describe(operator)}"
            )
        measurements = numeric_array("y", y, advice.MEASUREMENTS)
        _require_one_each(operator, measurements)
        target = real_array("y", measurements, operator.shape[:1]).copy()
        known = None if truth is None else _known(truth, operator.matrix_shape)
        if operator.symmetric and isinstance(known, np.ndarray):
            _require_symmetric(known)
        functions = None if basis is None else _orthonormal(basis, operator.matrix_shape)
        _check_loss(loss, target, operator)
        self._hold(dict(zip(_FIELDS, (operator, target, known, functions, loss), strict=True)))

    # A copy or a pickle holds what the problem was made of, not what was computed from it.

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._hold(state)

    def _hold(self, fields: dict[str, Any]) -> None:
        """Set these fields, whose arrays are not written to any more."""
        object.__setattr__(self, "_cache", {})
        for name, value in fields.items():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def m(self) -> int:
        """Number of measurements."""
        return self.operator.shape[0]

    def __repr__(self) -> str:
        known = "with" if self.truth is not None else "without"
        loss = "" if self.loss is None else f", {self.loss!r}"
        return f"Problem({self.operator!r}, {known} truth{loss})"

    def _repr_html_(self) -> str:
        operator, loss = self.operator, "squared" if self.loss is None else repr(self.loss)
        facts = {"operator": type(operator).__name__, **operator._facts()}
        truth = "unknown" if self.truth is None else "known"
        return table(type(self).__name__, facts | {"truth": truth, "loss": loss})

    def with_loss(self, loss: Loss | None) -> Self:
        """The same problem with another loss, sharing its arrays; None: the squared loss.

        Raises
        ------
        TypeError, ValueError
            If it is no loss, or not one for this y.
        """
        _check_loss(loss, self.y, self.operator)
        other = copy.copy(self)
        object.__setattr__(other, "loss", loss)
        object.__setattr__(other, "_cache", {})
        return other

    @property
    def working_response(self) -> Array:
        """What starts and automatic settings take for y, shape (m,): y for the squared loss.

        Else that of :meth:`ipgd.losses.Loss.working_response`, computed once.
        """
        if self.loss is None:
            return self.y
        if "response" not in self._cache:
            self._cache["response"] = self.loss.working_response(self.y, self.operator.scale)
        response: Array = self._cache["response"]
        return response

    def native_loss(self) -> _core.Loss | None:
        """The loss as the core takes it; None for the squared one."""
        return None if self.loss is None else self.loss.bind(self.operator.scale)

    @property
    def largest_curvature(self) -> float:
        """The largest second derivative of the loss: 1 for the squared one."""
        native = self.native_loss()
        return 1.0 if native is None else native.largest_curvature

    @cached_property
    def truth_bases(self) -> tuple[Array, Array]:
        """Orthonormal bases of the truth's column and row space, (d1, r) and (d2, r)."""
        if self.truth is None:
            raise ValueError("truth: expected a problem with a truth, got one without")
        left, sigma, right = thin_svd(self.truth)
        rank = int(np.count_nonzero(sigma > _RANK_TOLERANCE * sigma[0]))
        return np.ascontiguousarray(left[:, :rank]), np.ascontiguousarray(right[:, :rank])

    def back_projection(self, n_threads: int | None = None) -> Array:
        """A*(y)/m, which is Theta* in expectation for a normalised ensemble.

        Of the working response where the loss is not the squared one. Computed once. Returns an
        ndarray of shape (d1, d2).
        """
        if "back" not in self._cache:
            self._cache["back"] = (
                self.operator.adjoint(self.working_response, n_threads=n_threads) / self.m
            )
        back: Array = self._cache["back"]
        return back

    def scale(self, n_threads: int | None = None) -> Scale:
        """Sizes of the problem, computed once; see :class:`Scale`."""
        if "scale" not in self._cache:
            self._cache["scale"] = self._estimate_scale(n_threads)
        scale: Scale = self._cache["scale"]
        return scale

    def gain(self, n_threads: int | None = None) -> float:
        """Estimate s^2 = E <A_i, Z>^2 for ||Z||_F = 1, which is 1 for a normalised ensemble.

        Measured on one fixed random Z, accurate to about sqrt(2/m), and computed once. Where Z
        would be too large to be formed in passing, the operator is normalised by construction: 1.
        Where y_i = a_iᵀ Theta a_i, the gain along Theta* is taken if it is larger: with Gaussian
        a_i, E y^2 = 2 ||Theta*||_F^2 + (E y)^2. All is multiplied by the largest curvature of the
        loss.
        """
        if "gain" not in self._cache:
            d1, d2 = self.operator.matrix_shape
            gain = 1.0
            if d1 * d2 <= _LARGEST_PROBE:
                Z = np.random.default_rng(_PROBE).standard_normal((d1, d2))
                Z = (Z + Z.T) / 2 if self.operator.symmetric else Z
                flat = Z.reshape(-1)
                Z /= math.sqrt(_core.dot(flat, flat))
                image = self.operator.forward(Z, n_threads=n_threads)
                gain = _core.dot(image, image) / self.m if image.any() else 1.0
            with np.errstate(over="ignore", invalid="ignore"):
                spread = float(self.y.var())
            if self.operator.quadratic_forms and spread > 0:
                gain = max(gain, 2 * (1 + float(self.y.mean()) ** 2 / spread))
            self._cache["gain"] = gain
        return float(self._cache["gain"]) * self.largest_curvature

    def line_gain(self) -> float:
        """The gain of the most popular row or column of sampled entries, 1 for other operators.

        Computed once; see :meth:`ipgd.operators.Entries.largest_line_gain`.
        """
        if "line_gain" not in self._cache:
            self._cache["line_gain"] = self.operator.largest_line_gain()
        return float(self._cache["line_gain"])

    def entry_sizes(self, n_threads: int | None = None) -> Array:
        """Estimate each |Theta_j| of a vector Theta (d x 1) from A*(y); computed once.

        Returns an ndarray of shape (d,).
        """
        if "entry_sizes" not in self._cache:
            self._cache["entry_sizes"] = entry_sizes(self, n_threads)
        sizes: Array = self._cache["entry_sizes"]
        return sizes

    def entrywise_curvature(self, n_threads: int | None = None) -> float:
        """Estimate the largest eigenvalue of D^(1/2) (AᵀA/m) D^(1/2), D = diag(|Theta_j|).

        Computed once. For Theta = u∘u - v∘v the Hessian near Theta* is at most four times that.
        Times the largest curvature of the loss.
        """
        if "entrywise_curvature" not in self._cache:
            sizes = self.entry_sizes(n_threads)
            self._cache["entrywise_curvature"] = largest_curvature(self, sizes, n_threads)
        return float(self._cache["entrywise_curvature"]) * self.largest_curvature

    def truth_matrix(self) -> Array:
        """The truth as an array of shape (d1, d2).

        Raises
        ------
        ValueError
            If there is none.
        MemoryError
            If it is known by its factors and would not fit.
        """
        if self.truth is None:
            raise ValueError("truth: expected a problem with a truth, got one without")
        if not isinstance(self.truth, tuple):
            return self.truth
        d1, d2 = self.operator.matrix_shape
        require_memory("truth", 8 * d1 * d2, f"a {d1} x {d2} matrix")
        return _core.multiply(self.truth[0], _transposed(self.truth[1]))

    def _estimate_scale(self, n_threads: int | None) -> Scale:
        if self.operator.factored:
            return self._estimate_scale_by_vectors(n_threads)
        back = self.back_projection(n_threads)
        curvature = _core.spectral_norm(back)
        if curvature == 0:
            return Scale(1.0, 1.0)  # y is orthogonal to the range: there is nothing to go by
        # t minimises ||A(t D) - y|| for the direction D = A*(y) / ||A*(y)||, ||Theta*|| ~ t ||D||
        image = self.operator.forward(back / curvature, n_threads=n_threads)
        fit = _core.dot(self.working_response, image) / _core.dot(image, image)
        return Scale(self.largest_curvature * curvature, fit)

    def _estimate_scale_by_vectors(self, n_threads: int | None) -> Scale:
        # As above with D = u vᵀ, the leading pair of A*(y), which is not formed.
        operator = self.operator
        response = self.working_response
        y = operator._to_core(response)
        sigma, u, v = _core.leading_triplet(operator._native, y, _SCALE_TOLERANCE, n_threads)
        if sigma == 0:
            return Scale(1.0, 1.0)
        image = operator.forward((u[:, None], v[:, None]), n_threads=n_threads)
        fit = _core.dot(response, image) / _core.dot(image, image)
        return Scale(self.largest_curvature * sigma / self.m, fit)


def _check_loss(loss: object, y: Array, operator: Operator) -> None:
    if loss is None:
        return
    if not isinstance(loss, Loss) or type(loss) not in LOSSES:
        raise TypeError(
            f"loss: expected an ipgd loss such as ipgd.Huber(1.0), got {describe(loss)}"
        )
    if operator.combined:
        raise ValueError(
            f"loss: expected the squared loss for a {type(operator).__name__}, whose measurements "
            f"are combinations of those of A, got {loss!r}"
        )
    try:
        loss.bind(operator.scale).check(y)
    except ValueError as error:
        if operator.scale == 1:
            raise
        raise ValueError(
            f"{error}; this operator measures entries times its scale, {operator.scale:.6g}, and y "
            "has to be in that unit (ipgd.MatrixCompletion takes the entries as they are)"
        ) from None


def _require_one_each(operator: Operator, y: NDArray[Any]) -> None:
    """Raise ValueError where A came with its measurements last, or y as a column."""
    m, (d1, d2) = operator.shape[0], operator.matrix_shape
    if y.ndim == 1 and len(y) == d2 not in (1, m) and not operator.factored:
        raise ValueError(
            f"operator: expected one with m = {d2} measurements, as y has, got {operator!r}; if "
            f"its A, {(m, d1, d2)}, has the measurements last, np.moveaxis(A, -1, 0) brings them "
            "to the front"
        )
    if y.shape == (m, 1):
        raise ValueError(
            f"y: expected shape ({m},), got {y.shape}: a column, which numpy would spread against "
            "rows (m x m); y[:, 0] is the vector"
        )


def _known(truth: Theta, shape: tuple[int, int]) -> Array | tuple[Array, Array]:
    """A private copy of the truth or of its factors, checked."""
    if not isinstance(truth, tuple):
        return real_array("truth", truth, shape).copy()
    if len(truth) != 2:
        raise ValueError(f"truth: expected two factors (L, R), got {len(truth)}")
    left = real_array("truth[0]", truth[0], (shape[0], None)).copy()
    return left, real_array("truth[1]", truth[1], (shape[1], left.shape[1])).copy()


def _require_symmetric(truth: Array) -> None:
    worst = float(np.abs(truth - truth.T).max())
    if worst > _SYMMETRIC * float(np.abs(truth).max()):
        raise ValueError(
            "truth: expected a symmetric matrix, for the operator acts on these, got entries that "
            f"differ by up to {worst:.3g} from their mirror images"
        )


def thin_svd(matrix: Array | tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """U, sigma and V of a matrix, or of L Rᵀ from its factors, which is then not formed."""
    if not isinstance(matrix, tuple):
        return _core.thin_svd(matrix)
    L, R = matrix
    if L.shape[1] > min(len(L), len(R)):
        return _core.thin_svd(_core.multiply(L, _transposed(R)))
    # L Rᵀ = Q_L (T_L T_Rᵀ) Q_Rᵀ with T = Qᵀ L, Qᵀ R
    Q_L, Q_R = _core.orthonormal_columns(L), _core.orthonormal_columns(R)
    T_L, T_R = (_core.multiply(_transposed(Q), X) for Q, X in ((Q_L, L), (Q_R, R)))
    u, sigma, v = _core.thin_svd(_core.multiply(T_L, _transposed(T_R)))
    return _core.multiply(Q_L, u), sigma, _core.multiply(Q_R, v)


def _transposed(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)


def _orthonormal(basis: ArrayLike, shape: tuple[int, int]) -> Array:
    """A copy of the basis, if its functions are orthonormal."""
    functions = real_array("basis", basis, (None, *shape)).copy()
    flat = functions.reshape(len(functions), -1)
    error = float(np.abs(flat @ flat.T - np.eye(len(flat))).max())
    if error > _ORTHONORMAL:
        raise ValueError(
            f"basis: expected orthonormal matrices, got inner products off by {error:.3g}"
        )
    return functions
