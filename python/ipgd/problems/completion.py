"""Matrix completion: a low-rank matrix seen through some of its entries."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support.arrays import has_mask, is_sparse
from .._support.columns import kind_of, named_columns
from .._support.random import RNG, generator
from .._support.validate import (
    Array,
    as_float64,
    describe,
    integer,
    number,
    numeric_array,
    real_array,
)
from ..losses import Loss
from ..operators import Entries, advice
from ..operators.base import Theta
from ..operators.entries import indices, matrix_shape
from ._predict import HasFactors, factors_of
from ._truth import check_rank, random_factor, singular_values
from .base import Problem
from .noise import NoiseLike, add_noise, noise_laws
from .spectra import Spectrum


class MatrixCompletion(Problem):
    """Recover a low-rank matrix from some of its entries.

    You give and get raw values. Inside, measurements are y_i = s Theta[row_i, col_i] with
    s = sqrt(d1 d2) (:class:`ipgd.operators.Entries`), so that losses and step sizes mean the same
    as for Gaussian measurements: f = c/2 times the mean squared error of the observed entries times
    d1 d2. Relative errors are those of the raw values.

    Parameters
    ----------
    data : array_like, tuple or SciPy sparse array
        A d1 x d2 array (or pandas table) with NaN where an entry is missing; or
        ``(rows, cols, values)``, the observed entries in any order; or a table or records with
        columns of these names (or user, item, rating; others are not read); or a sparse array,
        whose stored elements are the observed ones (explicit zeros too). An entry given twice
        counts twice. An array that may be meant as a list of entries is refused: one of three rows
        or columns without any NaN, or of three or four whose first two are all whole numbers.
    shape : tuple of int, optional
        ``(d1, d2)`` for ``(rows, cols, values)``; default: as small as the indices allow.
    truth : array_like of shape (d1, d2), or tuple of two, optional
        The whole matrix or its factors, when known.
    loss : ipgd.losses.Loss, optional
        As in :class:`ipgd.Problem`.

    Raises
    ------
    ValueError
        If no entry is observed, a value is infinite (or NaN in a triple), an index is outside, or
        the data may be a list of entries.
    TypeError
        If the values are not real numbers or the indices not integers.
    """

    operator: Entries

    def __init__(
        self,
        data: Any,
        shape: Sequence[int] | None = None,
        truth: Theta | None = None,
        *,
        loss: Loss | None = None,
    ) -> None:
        rows, cols, values, shape = _triple(data, shape)
        operator, order = Entries.in_core_order(rows, cols, shape)
        super().__init__(operator, operator.scale * values[order], truth, loss=loss)

    @property
    def values(self) -> Array:
        """The observed values, at ``operator.rows`` and ``operator.cols``."""
        observed: Array = self.y / self.operator.scale
        return observed

    def predict(self, solution: HasFactors, rows: ArrayLike, cols: ArrayLike) -> Array:
        """Entries of a solution's Theta.

        Theta is not formed where it is U Uᵀ or V Wᵀ; it is for the other models.

        Parameters
        ----------
        solution : Solution
        rows, cols : array_like of int, shape (n,)

        Returns
        -------
        ndarray, shape (n,)
        """
        entries = Entries(rows, cols, self.operator.matrix_shape)
        predicted: Array = entries.forward(factors_of(solution, self.operator)) / entries.scale
        return predicted


def matrix_completion(
    d1: int,
    d2: int,
    rank: int,
    n_observed: int | None = None,
    *,
    fraction: float | None = None,
    rng: RNG = None,
    condition_number: float | None = None,
    spectrum: Spectrum | None = None,
    noise: NoiseLike = 0.0,
) -> MatrixCompletion:
    """A random d1 x d2 matrix of low rank, some of whose entries are observed.

    Theta* = L Rᵀ with Gaussian columns of unit length; with a spectrum, or a condition number, its
    singular vectors are random and its singular values given. Entries are drawn uniformly without
    replacement. The truth is known by its factors, so d1 d2 numbers need not fit in memory.

    Parameters
    ----------
    d1, d2 : int
    rank : int
        1 <= rank <= min(d1, d2).
    n_observed : int, optional
    fraction : float, optional
        How many entries are observed, or which part of all: one of the two.
    rng : None, int or numpy.random.Generator
        The truth, the places and the noise are functions of it.
    condition_number : float, optional
        The same as ``spectrum=Linear(condition_number)``: singular values from 1 to its inverse.
    spectrum : ipgd.problems.spectra.Spectrum, optional
        Flat(), Linear(kappa), PowerLaw(exponent) or Given(values).
    noise : float, ipgd.problems.noise.Noise or sequence of Noise
        As in :func:`ipgd.matrix_sensing`; on each value, relative to the root mean square of the
        noiseless ones.

    Returns
    -------
    MatrixCompletion
    """
    d1, d2 = integer("d1", d1, 1), integer("d2", d2, 1)
    rank = check_rank(rank, min(d1, d2), "min(d1, d2)")
    sigma = singular_values(spectrum, condition_number, rank)
    laws = noise_laws(noise)
    n_observed = _count(n_observed, fraction, d1 * d2)
    random = generator(rng)
    truth = (
        random_factor(d1, rank, sigma, random),
        random_factor(d2, rank, sigma, random),
    )
    operator = Entries.uniform(n_observed, d1, d2, rng=random)
    y = add_noise(operator.forward(truth), laws, random)
    problem = MatrixCompletion.__new__(MatrixCompletion)
    Problem.__init__(problem, operator, y, truth)
    return problem


def _count(n_observed: int | None, fraction: float | None, largest: int) -> int:
    """The number of observed entries."""
    if (n_observed is None) == (fraction is None):
        got = "neither" if fraction is None else "both"
        raise ValueError(f"n_observed: expected either n_observed or fraction, got {got}")
    if fraction is not None:
        if number("fraction", fraction, positive=True) > 1:
            raise ValueError(f"fraction: expected a number in (0, 1], got {fraction}")
        return max(1, round(fraction * largest))
    n_observed = integer("n_observed", n_observed, 1)
    if n_observed > largest:
        raise ValueError(f"n_observed: expected at most d1 d2 = {largest}, got {n_observed}")
    return n_observed


def _triple(
    data: Any, shape: Sequence[int] | None
) -> tuple[NDArray[Any], NDArray[Any], Array, Sequence[int]]:
    """Rows, columns, values and shape of the observed entries."""
    if is_sparse(data):
        return _stored_elements(data, shape)
    if isinstance(data, tuple):
        return _entries(data, shape)
    if has_mask(data):
        raise TypeError("data: expected NaN for missing entries (.filled(np.nan)), got a mask")
    if (named := _named_entries(data)) is not None:
        return _entries(named, shape)
    array = numeric_array("data", data, advice.ENTRIES)
    if array.ndim != 2:
        raise ValueError(
            f"data: expected a matrix with NaN for missing entries, got {describe(array)}"
        )
    _no_shape(shape, array.shape)
    matrix = as_float64(array)
    rows, cols = np.nonzero(~np.isnan(matrix))
    if len(rows) == 0:
        raise ValueError("data: expected at least one entry that is not NaN, got none")
    if len(rows) == matrix.size and 3 in matrix.shape:
        raise ValueError(
            "data: expected a matrix with NaN for missing entries, or a tuple (rows, cols, values)"
            f", got one of shape {matrix.shape} without NaN, which may be either"
        )
    if _lists_entries(matrix) or _lists_entries(matrix.T):
        raise ValueError(
            "data: expected a matrix with NaN for missing entries, or a tuple (rows, cols, values)"
            f", got one of shape {matrix.shape} that may be a list of entries, since two of its "
            "lines are whole numbers throughout; a tuple is read as what it says"
        )
    infinite = np.argwhere(np.isinf(matrix))
    if len(infinite):
        i, j = map(int, infinite[0])
        raise ValueError(f"data: expected finite numbers or NaN, got {matrix[i, j]} at {i, j}")
    return rows, cols, real_array("data", matrix[rows, cols], (None,)), matrix.shape


def _stored_elements(
    data: Any, shape: Sequence[int] | None
) -> tuple[NDArray[Any], NDArray[Any], Array, Sequence[int]]:
    """The entries of a sparse array."""
    from scipy import sparse  # noqa: PLC0415 (its import changes Python's list of warnings)

    if data.ndim != 2:
        raise ValueError(f"data: expected a sparse matrix, got {describe(data)}")
    if data.format in ("dia", "bsr"):
        what = {"dia": "whole diagonals", "bsr": "whole blocks"}[data.format]
        raise ValueError(
            f"data: expected a sparse array of single elements, got {describe(data)}, which stores "
            f"{what}, so that zeros in them are not told from missing entries; .tocoo() drops or "
            "keeps them, then .eliminate_zeros() leaves the others"
        )
    if hasattr(data, "check_format"):
        data.check_format()
    observed: Any = sparse.coo_array(data)
    _no_shape(shape, observed.shape)
    rows, cols = (np.asarray(index, np.int64) for index in (observed.row, observed.col))
    values = real_array("data", observed.data, (None,), advice.ENTRIES)
    return rows, cols, values, observed.shape


def _entries(
    data: tuple[Any, ...], shape: Sequence[int] | None
) -> tuple[NDArray[Any], NDArray[Any], Array, Sequence[int]]:
    """The entries of (rows, cols, values)."""
    if len(data) != 3:
        raise ValueError(f"data: expected (rows, cols, values), got {len(data)} arrays")
    names = [getattr(column, "name", None) for column in data]  # of pandas columns
    try:
        in_order = named_columns(names) in (None, [0, 1, 2])
    except ValueError:
        in_order = False
    if not in_order:
        raise ValueError(
            "data: expected (rows, cols, values) in this order, got columns named "
            f"{', '.join(map(str, names))}"
        )
    rows, cols = indices("rows", data[0]), indices("cols", data[1])
    values = real_array("values", data[2], (None,), advice.ENTRIES)
    if rows.shape != values.shape or cols.shape != values.shape:
        raise ValueError(
            f"values: expected one number for each of the {len(rows)} rows and {len(cols)} "
            f"cols, got {len(values)}"
        )
    if shape is None:  # negative indices are found later
        shape = tuple(max(1, int(index.max()) + 1) for index in (rows, cols))
    return rows, cols, values, shape


def _named_entries(data: Any) -> tuple[Any, Any, Any] | None:
    """Rows, columns and values of a table or of records that have such columns.

    None where no two columns are called like that. Raises ValueError where not all three are.
    """
    names = list(getattr(getattr(data, "dtype", None), "names", None) or ())
    names = names or list(getattr(data, "columns", ()))
    if len({kind_of(name) for name in names} - {None}) < 2:
        return None
    with contextlib.suppress(ValueError):
        if (places := named_columns(names)) is not None:
            row, column, value = (data[names[place]] for place in places)
            return row, column, value
    raise ValueError(
        "data: expected a matrix with NaN for missing entries, got a table with the columns "
        f"{', '.join(map(str, names))}; a list of entries has one called row (or user), one called "
        "column (or item) and one called value (or rating), or is given as (rows, cols, values)"
    )


def _lists_entries(matrix: Array) -> bool:
    """Whether a matrix of three or four columns and more rows may be a list of entries."""
    n, width = matrix.shape
    places = matrix[:, :2]
    return width in (3, 4) and n > width and bool((places >= 0).all() and (places % 1 == 0).all())


def _no_shape(shape: Sequence[int] | None, own: Sequence[int]) -> None:
    if shape is not None and matrix_shape(shape) != tuple(own):
        raise ValueError(f"shape: expected that of the data, {tuple(own)}, got {describe(shape)}")
