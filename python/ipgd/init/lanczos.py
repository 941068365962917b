"""Leading eigenpairs and singular triplets of A*(r), which is not formed."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._support.validate import Array
from ..operators import Operator


def leading_by_lanczos(
    operator: Operator, weights: Array, symmetric: bool, count: int
) -> tuple[Array, Array, Array]:
    """The largest eigenvalues (zero for negative ones) or singular values, left, right vectors."""
    # Here, because scipy.sparse changes Python's list of warnings when it is imported.
    from scipy.sparse.linalg import LinearOperator, eigsh, svds  # noqa: PLC0415

    def times(x: Array) -> Array:
        return operator.adjoint_times(weights, x.reshape(-1, 1)).reshape(-1)

    def transposed_times(x: Array) -> Array:
        return operator.adjoint_times(weights, x.reshape(-1, 1), transposed=True).reshape(-1)

    shape = operator.matrix_shape
    start = _core.normals(0, 0, 0, min(shape)).astype(np.float64)
    if symmetric:
        linear = LinearOperator(
            shape, matvec=lambda x: (times(x) + transposed_times(x)) / 2, dtype=np.float64
        )
        values, vectors = eigsh(linear, k=count, which="LA", v0=start)
        return np.maximum(values[::-1], 0), vectors[:, ::-1], vectors[:, ::-1]
    linear = LinearOperator(shape, matvec=times, rmatvec=transposed_times, dtype=np.float64)
    left, sigma, right = svds(linear, k=count, v0=start)
    order = np.argsort(sigma)[::-1]
    return np.asarray(sigma[order], np.float64), left[:, order], right[order].T
