"""What SciPy expects of a linear operator: matrices are their d1*d2 entries in C order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.arrays import describe, has_mask, is_sparse
from .._support.memory import require_memory
from .._support.validate import Array, real_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse.linalg import LinearOperator

_COLUMNS = 32  # that share a pass over A: more gain little and take memory


class LinearMap(ABC):
    """The interface of :class:`scipy.sparse.linalg.LinearOperator`, without inheriting from it.

    SciPy is imported when its own operators are asked for (`T`, `H`, sums, products with numbers),
    and its ``adjoint()``, which takes no argument, is not our ``adjoint(residual)``.
    """

    ndim = 2
    dtype = np.dtype(np.float64)
    __array_ufunc__ = None  # numpy leaves array @ operator to __rmatmul__

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """``(m, d1 * d2)``."""

    @property
    @abstractmethod
    def matrix_shape(self) -> tuple[int, int]:
        """``(d1, d2)``."""

    @abstractmethod
    def _forward_many(self, thetas: Array) -> Array:
        """Measurements (K, m) of K matrices (K, d1, d2), in one pass."""

    @abstractmethod
    def _adjoint_many(self, residuals: Array) -> Array:
        """Back-projections (K, d1, d2) of K residuals (K, m), in one pass."""

    def matvec(self, x: ArrayLike) -> NDArray[Any]:
        """``forward`` of a matrix given as its d1*d2 entries.

        Parameters
        ----------
        x : array_like, shape (d1*d2,) or (d1*d2, 1)
            Real or complex.

        Returns
        -------
        ndarray, shape (m,) or (m, 1)
        """
        return self._on_vector(x, self.shape[1], self._images)

    def rmatvec(self, x: ArrayLike) -> NDArray[Any]:
        """``adjoint`` as d1*d2 entries.

        Parameters
        ----------
        x : array_like, shape (m,) or (m, 1)
            Real or complex.

        Returns
        -------
        ndarray, shape (d1*d2,) or (d1*d2, 1)
        """
        return self._on_vector(x, self.shape[0], self._back_projections)

    def matmat(self, X: ArrayLike) -> NDArray[Any]:
        """``matvec`` of each column; up to 32 columns share a pass over the measurements.

        Parameters
        ----------
        X : array_like, shape (d1*d2, K)

        Returns
        -------
        ndarray, shape (m, K)
        """
        return self._on_columns(X, self.shape[1], self._images)

    def rmatmat(self, X: ArrayLike) -> NDArray[Any]:
        """``rmatvec`` of each column; up to 32 columns share a pass over the measurements.

        Parameters
        ----------
        X : array_like, shape (m, K)

        Returns
        -------
        ndarray, shape (d1*d2, K)
        """
        return self._on_columns(X, self.shape[0], self._back_projections)

    def _images(self, rows: Array) -> Array:
        """A of each of K vectors of d1*d2 entries; shape (K, m)."""
        return self._by_blocks(rows, self.shape[0], self._forward_many, *self.matrix_shape)

    def _back_projections(self, rows: Array) -> Array:
        """A* of each of K vectors of m numbers; shape (K, d1*d2)."""
        return self._by_blocks(rows, self.shape[1], self._adjoint_many, self.shape[0])

    @staticmethod
    def _by_blocks(rows: Array, width: int, apply: Callable[[Array], Array], *shape: int) -> Array:
        require_memory("x", 8 * len(rows) * width, f"{len(rows)} results of {width} numbers")
        out = np.empty((len(rows), width))
        for begin in range(0, len(rows), _COLUMNS):
            block = np.ascontiguousarray(rows[begin : begin + _COLUMNS]).reshape(-1, *shape)
            out[begin : begin + _COLUMNS] = apply(block).reshape(-1, width)
        return out

    @staticmethod
    def _on_vector(x: ArrayLike, n: int, apply: Callable[[Array], Array]) -> NDArray[Any]:
        vector = _numbers("x", x)
        if vector.shape not in {(n,), (n, 1)}:
            raise ValueError(f"x: expected shape ({n},) or ({n}, 1), got {vector.shape}")
        result = _by_parts("x", vector.reshape(1, n), apply)
        return result.T if vector.ndim == 2 else result.reshape(-1)

    @staticmethod
    def _on_columns(X: ArrayLike, n: int, apply: Callable[[Array], Array]) -> NDArray[Any]:
        matrix = _numbers("X", X)
        if matrix.ndim != 2 or len(matrix) != n:
            raise ValueError(f"X: expected shape ({n}, any), got {matrix.shape}")
        result = _by_parts("X", matrix.T, apply)
        return result.T

    def aslinearoperator(self) -> LinearOperator:
        """Make a :class:`scipy.sparse.linalg.LinearOperator` of it.

        ``scipy.sparse.linalg.aslinearoperator(op)`` gives the same numbers, but SciPy does not take
        over `matmat` from other classes: there each column is a pass of its own.
        """
        from ._scipy import SciPyOperator  # noqa: PLC0415 (imports scipy.sparse.linalg)

        return SciPyOperator(self)

    @property
    def T(self) -> LinearOperator:
        """The transpose, of shape (d1*d2, m): SciPy's operator."""
        return self.aslinearoperator().T

    @property
    def H(self) -> LinearOperator:
        """The same as `T`, since A is real: SciPy's operator."""
        return self.aslinearoperator().H

    def transpose(self) -> LinearOperator:
        """The same as `T`."""
        return self.T

    def dot(self, x: Any) -> Any:
        """Product with a vector, a matrix of columns, a number or another linear operator."""
        return self * x

    __call__ = dot

    def __matmul__(self, x: Any) -> Any:
        if np.isscalar(x):
            raise ValueError("x: expected an array for @, got a number; * multiplies by it")
        if hasattr(x, "matvec"):
            return self.aslinearoperator() @ _linear(x)
        return self.matvec(x) if np.ndim(x) == 1 else self.matmat(x)

    def __rmatmul__(self, x: Any) -> Any:
        if np.isscalar(x):
            raise ValueError("x: expected an array for @, got a number; * multiplies by it")
        if hasattr(x, "matvec"):
            return _linear(x) @ self.aslinearoperator()
        return self.rmatvec(x) if np.ndim(x) == 1 else self.rmatmat(np.transpose(x)).T

    def __mul__(self, x: Any) -> Any:
        if not np.isscalar(x):
            return self @ x
        scaled: Any = self.aslinearoperator()
        return scaled * x

    def __rmul__(self, x: Any) -> Any:
        if not np.isscalar(x):
            return x @ self
        scaled: Any = self.aslinearoperator()
        return x * scaled

    def __truediv__(self, x: Any) -> Any:
        return self.aslinearoperator() / x

    def __neg__(self) -> Any:
        return -self.aslinearoperator()

    def __add__(self, other: Any) -> Any:
        return self.aslinearoperator() + _linear(other)

    def __radd__(self, other: Any) -> Any:
        return _linear(other) + self.aslinearoperator()

    def __sub__(self, other: Any) -> Any:
        return self.aslinearoperator() - _linear(other)

    def __rsub__(self, other: Any) -> Any:
        return _linear(other) - self.aslinearoperator()

    def __pow__(self, exponent: Any) -> Any:
        return self.aslinearoperator() ** exponent

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Make the dense (m, d1*d2) matrix, for functions that take arrays only."""
        if copy is False:
            raise ValueError(
                "copy: expected None or True, for the matrix has to be made, got False"
            )
        m, n = self.shape
        require_memory("operator", 16 * m * n, f"a {m} x {n} matrix")
        matrix = self.rmatmat(np.eye(m)).T if m <= n else self.matmat(np.eye(n))
        result: NDArray[Any] = np.ascontiguousarray(matrix, dtype=dtype)
        return result


def _linear(x: Any) -> Any:
    """One of ours as SciPy's; anything else as it is."""
    return x.aslinearoperator() if isinstance(x, LinearMap) else x


def _numbers(name: str, x: ArrayLike) -> NDArray[Any]:
    """An array; only the shape is looked at before its parts are checked."""
    if has_mask(x):
        raise TypeError(
            f"{name}: expected an array without mask (such as its .filled(value)), got a masked "
            "array"
        )
    if is_sparse(x):
        x = x.toarray()  # type: ignore[union-attr]
    try:
        return np.asarray(x)
    except ValueError:
        raise TypeError(f"{name}: expected an array of numbers, got {describe(x)}") from None


def _by_parts(name: str, rows: NDArray[Any], apply: Callable[[Array], Array]) -> NDArray[Any]:
    """Apply a real map to rows; to both parts, side by side, of complex ones."""
    if len(rows) == 0:
        return apply(np.empty(rows.shape))
    if rows.dtype.kind != "c":
        return apply(real_array(name, rows, (None, None)))
    both = apply(real_array(name, np.concatenate([rows.real, rows.imag]), (None, None)))
    result = both[: len(rows)].astype(np.complex128)
    result.imag = both[len(rows) :]
    return result
