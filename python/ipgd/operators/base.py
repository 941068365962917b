"""The operator contract on numpy arrays."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from .._support.html import table
from .._support.memory import require_memory
from .._support.validate import Array, describe, real_array, thread_count
from . import advice
from .fingerprint import fingerprint
from .linear import LinearMap

Theta: TypeAlias = ArrayLike | tuple[ArrayLike, ArrayLike]
"""A matrix, or its factors (L, R), which stand for L Rᵀ."""


class Operator(LinearMap):
    """A linear map from d1 x d2 matrices to m measurements, y_i = <A_i, Theta>.

    It can be used wherever SciPy takes a linear operator (``lsqr(op, y)``, ``svds(op)``,
    ``2 * op``, ``op.T``): a matrix is then its d1*d2 entries in C order. Where only arrays are
    taken, it is the dense (m, d1*d2) matrix, if that fits in memory.

    Operators do not change; copies are the operator itself. A pickle of an ensemble holds the key
    that it is drawn from, that of another operator its numbers; both give the same bits. As always,
    unpickle only what comes from someone you trust.

    Attributes
    ----------
    shape : tuple of int
        ``(m, d1 * d2)``.
    matrix_shape : tuple of int
        ``(d1, d2)``.
    symmetric : bool
        True when every A_i is symmetric; only the symmetric part of Theta is then seen.
    dtype : numpy.dtype
        float64: the precision of arguments and results.
    storage : str
        The dtype in which the A_i are stored.
    nbytes : int
        Bytes of the stored A_i.
    factored : bool
        True when the operator measures factors L Rᵀ without forming their product.
    combined : bool
        True when measurements are linear combinations of others, as those of a :class:`Gram` are:
        no loss but the squared one has a meaning then.
    quadratic_forms : bool
        True when measurements are y_i = a_iᵀ Theta a_i.
    scale : float
        What the operator makes of a measurement of 1 as the user sees it: 1, but for
        :class:`Entries`.
    is_deterministic : bool
        True: results have the same bits for any number of threads.
    """

    is_deterministic = True
    _derived: ClassVar = frozenset({"_native", "_known"})  # not pickled

    def __init__(self, core: _core.Operator) -> None:
        if not isinstance(core, _core.Operator):
            raise TypeError(
                "core: expected what ipgd.operators.Dense and the others make, got "
                f"{describe(core)}; Operator itself is abstract"
            )
        self._native = core
        self._known: list[list[float]] | None = None

    @property
    def scale(self) -> float:  # noqa: D102
        return 1.0

    @property
    def shape(self) -> tuple[int, int]:  # noqa: D102
        return self._native.measurements, self._native.rows * self._native.cols

    @property
    def matrix_shape(self) -> tuple[int, int]:  # noqa: D102
        return self._native.rows, self._native.cols

    @property
    def symmetric(self) -> bool:  # noqa: D102
        return self._native.symmetric

    @property
    def storage(self) -> str:  # noqa: D102
        return self._native.storage

    @property
    def factored(self) -> bool:  # noqa: D102
        return self._native.capabilities.factored

    @property
    def combined(self) -> bool:  # noqa: D102
        return self._native.capabilities.combined

    @property
    def quadratic_forms(self) -> bool:  # noqa: D102
        return False

    @property
    def nbytes(self) -> int:  # noqa: D102
        return self._native.nbytes

    def __repr__(self) -> str:
        (m, _), (d1, d2) = self.shape, self.matrix_shape
        size = self.nbytes / 1e6
        return f"{type(self).__name__}(m={m}, {d1} x {d2}, {self.storage}, {size:.3g} MB)"

    def _repr_html_(self) -> str:
        return table(type(self).__name__, self._facts())

    def _facts(self) -> dict[str, object]:
        """What there is to know about an operator, by name."""
        (m, _), (d1, d2) = self.shape, self.matrix_shape
        return {
            "measurements": m,
            "matrices": f"{d1} x {d2}{', symmetric' if self.symmetric else ''}",
            "storage": f"{self.storage}, {self.nbytes / 1e6:.3g} MB",
        }

    def forward(self, theta: Theta, *, n_threads: int | None = None) -> Array:
        """Measure a matrix: y_i = <A_i, Theta>.

        Parameters
        ----------
        theta : array_like of shape (d1, d2), or tuple of two
            Theta, or its factors (L, R) of shapes (d1, k) and (d2, k) for Theta = L Rᵀ.
        n_threads : int, optional
            Default: ``OMP_NUM_THREADS`` or all CPUs of the process.

        Returns
        -------
        ndarray, shape (m,)

        Raises
        ------
        ValueError
            If the shape is wrong or an entry is not finite.
        """
        threads = thread_count(n_threads)
        if not isinstance(theta, tuple):
            return self._from_core(self._native.forward(self._theta(theta), threads))
        L, R = self._factors(theta)
        y = _core.forward_product(self._native, L, R, threads)
        if self.symmetric and not self.factored and L is not R:
            # The core reads the lower triangle of L Rᵀ; the upper one is that of R Lᵀ.
            y = 0.5 * y + 0.5 * _core.forward_product(self._native, R, L, threads)
        return self._from_core(y)

    def adjoint(self, residual: ArrayLike, *, n_threads: int | None = None) -> Array:
        """Back-project: G = sum_i r_i A_i.

        Parameters
        ----------
        residual : array_like, shape (m,)
        n_threads : int, optional

        Returns
        -------
        ndarray, shape (d1, d2)

        Raises
        ------
        MemoryError
            If a d1 x d2 matrix would not fit in memory; see :meth:`adjoint_times`.
        """
        weights = real_array("residual", residual, self.shape[:1], advice.LINEAR)
        self._require_matrix()
        return self._native.adjoint(self._to_core(weights), thread_count(n_threads))

    def adjoint_times(
        self,
        residual: ArrayLike,
        factor: ArrayLike,
        *,
        transposed: bool = False,
        n_threads: int | None = None,
    ) -> Array:
        """A*(r) R, or A*(r)ᵀ L when `transposed`; factored operators do not form A*(r).

        Parameters
        ----------
        residual : array_like, shape (m,)
        factor : array_like, shape (d2, k), or (d1, k) when transposed
        transposed : bool
        n_threads : int, optional

        Returns
        -------
        ndarray, shape (d1, k), or (d2, k) when transposed
        """
        weights = self._to_core(real_array("residual", residual, self.shape[:1], advice.LINEAR))
        d1, d2 = self.matrix_shape
        right = real_array("factor", factor, (d1 if transposed else d2, None))
        threads = thread_count(n_threads)
        return _core.adjoint_times(self._native, weights, right, transposed, threads)

    def residual_adjoint(
        self, theta: ArrayLike, y: ArrayLike, *, n_threads: int | None = None
    ) -> tuple[Array, Array]:
        """Residual and its back-projection, reading each A_i once.

        Parameters
        ----------
        theta : array_like, shape (d1, d2)
        y : array_like, shape (m,)
        n_threads : int, optional

        Returns
        -------
        r : ndarray, shape (m,)
            r_i = <A_i, Theta> - y_i.
        G : ndarray, shape (d1, d2)
            sum_i r_i A_i.
        """
        target = self._to_core(real_array("y", y, self.shape[:1]))
        self._require_matrix()
        r, G = self._native.residual_adjoint(self._theta(theta), target, thread_count(n_threads))
        return self._from_core(r), G

    def _theta(self, theta: ArrayLike) -> Array:
        matrix = real_array("theta", theta, self.matrix_shape, advice.LINEAR)
        # The core reads the lower triangle: give it the part that a symmetric A_i sees.
        return 0.5 * matrix + 0.5 * matrix.T if self.symmetric else matrix

    def _factors(self, factors: tuple[ArrayLike, ArrayLike]) -> tuple[Array, Array]:
        """L and R, checked; the same array twice when they are."""
        d1, d2 = self.matrix_shape
        if len(factors) != 2:
            raise ValueError(f"theta: expected two factors (L, R), got {len(factors)}")
        L = real_array("L", factors[0], (d1, None))
        if factors[1] is factors[0] and d1 == d2:
            return L, L
        return L, real_array("R", factors[1], (d2, L.shape[1]))

    def _require_matrix(self) -> None:
        """Raise MemoryError where a d1 x d2 matrix does not fit."""
        d1, d2 = self.matrix_shape
        require_memory("adjoint", 8 * d1 * d2, f"a {d1} x {d2} matrix")

    def largest_line_gain(self) -> float:
        """How much more often the most popular row or column is measured than the mean one.

        1 where measurements do not see single rows; see :meth:`Entries.largest_line_gain`.
        """
        return 1.0

    def _largest_term(self, y: Array, magnitude: float, rank: int) -> float:
        """The largest curvature of a single term of the loss near Theta*, for V Wᵀ.

        0 where nothing better is known than a term of isotropic measurements.
        """
        return 0.0

    def _column_squares(self) -> Array | None:
        """||a_j||^2 of the columns of A, for vectors Theta; None where A is not stored."""
        return None

    def _pass_nbytes(self, rank: int) -> int:
        """Bytes of scratch that a pass over factors of `rank` columns takes, where it is large."""
        return 0

    def _fingerprint(self, n_threads: int | None = None) -> list[list[float]]:
        """A few numbers by which a run recognises its operator; computed once."""
        if self._known is None:
            self._known = fingerprint(
                lambda factors: self.forward(factors, n_threads=n_threads),
                self.matrix_shape,
                self.symmetric,
            )
        return self._known

    def _to_core(self, y: Array) -> Array:
        """Numbers of the measurements in the order in which the core has them."""
        return y

    def _from_core(self, y: Array) -> Array:
        """The inverse of `_to_core`."""
        return y

    def _forward_many(self, thetas: Array) -> Array:
        """Measurements (K, m) of K matrices (K, d1, d2), in one pass."""
        if self.symmetric:
            thetas = 0.5 * thetas + 0.5 * thetas.transpose(0, 2, 1)
        return self._from_core(self._native.forward_many(thetas))

    def _adjoint_many(self, residuals: Array) -> Array:
        """Back-projections (K, d1, d2) of K residuals (K, m), in one pass."""
        return self._native.adjoint_many(np.ascontiguousarray(self._to_core(residuals)))

    # An operator does not change, so a copy is the operator itself. In a pickle stands what its
    # numbers are made from, without what was computed from them.

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name not in self._derived}
        return state | {"made of": self._written()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        made_of = state.pop("made of")
        Operator.__init__(self, self._made(made_of))
        vars(self).update(state)

    def _written(self) -> Any:
        """What `_made` makes the core's operator from."""
        raise TypeError(f"operator: expected one that can be pickled, got {self!r}")

    @classmethod
    def _made(cls, written: Any) -> _core.Operator:
        raise NotImplementedError
