"""Reading measurements from .npy files and telling what kind they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..operators import Dense, DenseSymmetric, Operator

_BLOCK_BYTES = 32 * 2**20


def load_array(name: str, path: Path) -> NDArray[Any]:
    """The array of a .npy file, memory-mapped and read-only.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a complete .npy file of numbers.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: expected a .npy file, got {str(path)!r}, which does not exist"
        )
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(
            f"{name}: expected a complete .npy file of numbers, got {str(path)!r} ({error})"
        ) from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError(
            f"{name}: expected a .npy file with one array, got the archive {str(path)!r}"
        )
    return array


def is_symmetric(A: NDArray[Any]) -> bool:
    """Whether every A_i equals its transpose up to float32 rounding; read block by block."""
    step = max(1, _BLOCK_BYTES // (A[0].nbytes or 1))
    for begin in range(0, len(A), step):
        block = np.asarray(A[begin : begin + step])
        # NaN is not told apart here: the operator reports it with its index.
        if not np.allclose(block, block.swapaxes(1, 2), rtol=1e-6, atol=1e-30, equal_nan=True):
            return False
    return True


def load_operator(A: NDArray[Any], parameterization: str) -> tuple[Operator, str]:
    """The operator for A and a sentence that says which and why."""
    if A.ndim != 3 or A.size == 0 or A.dtype.kind not in "fiub":
        return Dense(A), ""  # raises the right error
    m, d1, d2 = A.shape
    if parameterization == "symmetric":
        return DenseSymmetric(A), f"A: {m} matrices {d1} x {d2}, taken as symmetric"
    if parameterization == "asymmetric":
        return Dense(A), f"A: {m} matrices {d1} x {d2}, taken as rectangular"
    if d1 != d2:
        return Dense(A), f"A: {m} rectangular matrices {d1} x {d2}: recovering V Wᵀ"
    if is_symmetric(A):
        return DenseSymmetric(A), f"A: {m} symmetric matrices {d1} x {d2}: recovering U Uᵀ"
    return Dense(A), (
        f"A: {m} square matrices {d1} x {d2}, not symmetric: recovering V Wᵀ "
        "(--parameterization symmetric if the matrix is positive semidefinite)"
    )
