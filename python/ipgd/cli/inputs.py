"""Reading measurements from .npy files and telling what kind they are."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipgd import files

from .._support.archive import BROKEN, read_header
from ..operators import Dense, DenseSymmetric, Operator

_BLOCK_BYTES = 32 * 2**20


def load_array(name: str, path: Path) -> NDArray[Any]:
    """The array of a .npy file, memory-mapped and read-only.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is not a complete .npy file of numbers.
    """
    files.check_readable(name, path, "a .npy file")
    if zipfile.is_zipfile(path):
        raise ValueError(
            f"{name}: expected a .npy file with one array, got the archive {str(path)!r}"
        )
    try:
        with path.open("rb") as file:
            header = read_header(file)
            begin, end = file.tell(), file.seek(0, 2)
        if begin + header.nbytes > end:
            raise ValueError("cut short")
        if header.nbytes == 0:  # which cannot be mapped
            return np.empty(header.shape, header.dtype)
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except BROKEN:
        # Not numpy's message: it advises to allow pickles, which would be wrong here.
        raise ValueError(
            f"{name}: expected a complete .npy file of numbers, got {str(path)!r}, which is "
            "something else or cut short"
        ) from None
    return array


def is_symmetric(A: NDArray[Any]) -> bool:
    """Whether every A_i equals its transpose to 1e-6 of its largest entry; read block by block."""
    step = max(1, _BLOCK_BYTES // (A[0].nbytes or 1))
    for begin in range(0, len(A), step):
        block = np.asarray(A[begin : begin + step])
        difference = np.abs(block - block.swapaxes(1, 2)).max(axis=(1, 2))
        # Not "all within": NaN is left for the operator, which reports it with its index.
        if (difference > 1e-6 * np.abs(block).max(axis=(1, 2))).any():
            return False
    return True


_UNSEEN = "; all of them are symmetric and see (theta + thetaᵀ)/2 only, the rest is left to chance"


def load_operator(
    A: NDArray[Any], parameterization: str, dtype: str | None
) -> tuple[Operator, str]:
    """The operator for A and a sentence that says which and why."""
    if A.ndim != 3 or A.size == 0 or A.dtype.kind not in "fiub":
        return Dense(A), ""  # raises the right error
    m, d1, d2 = A.shape
    matrices = f"A: {m} matrices {d1} x {d2}"
    kind = parameterization.partition(":")[0]
    if kind == "symmetric":
        return DenseSymmetric(A, dtype=dtype), f"{matrices}, taken as symmetric: recovering U Uᵀ"
    if kind == "auto" and d1 == d2 and is_symmetric(A):
        sentence = f"A: {m} symmetric matrices {d1} x {d2}: recovering U Uᵀ"
        return DenseSymmetric(A, dtype=dtype), sentence
    sentences = {
        "asymmetric": f"{matrices}, taken as rectangular: recovering V Wᵀ",
        "deep": f"{matrices}, taken as rectangular: recovering W_N ... W_1",
        "hadamard": f"{matrices}: recovering a sparse vector",
        "auto": f"A: {m} rectangular matrices {d1} x {d2}: recovering V Wᵀ"
        if d1 != d2
        else f"A: {m} square matrices {d1} x {d2}, not symmetric: recovering V Wᵀ "
        "(--parameterization symmetric if the matrix is positive semidefinite)",
    }
    unseen = kind in ("asymmetric", "deep") and d1 == d2 and is_symmetric(A)
    return Dense(A, dtype=dtype), sentences[kind] + (_UNSEEN if unseen else "")
