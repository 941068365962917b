"""A smaller operator with the same normal operator."""

from __future__ import annotations

from typing import Any

from .. import _core
from .base import Operator


class Gram(Operator):
    """The triangular factor R of A = Q R; made by ``operator.gram()``.

    R*R = A*A, and ||A(Theta) - y||^2 = ||R(Theta) - Qᵀy||^2 + the part of ||y||^2 that no Theta
    reaches. The order of its measurements is that of its storage; up to 15 of them are zero.
    """

    _native: _core.StoredOperator

    def _written(self) -> dict[str, Any]:
        native = self._native
        sizes = (native.measurements, native.rows, native.cols, native.symmetric, native.isometric)
        return {"sizes": sizes, "content": native.content()}

    @classmethod
    def _made(cls, written: dict[str, Any]) -> _core.StoredOperator:
        core = _core.triangular(*written["sizes"])
        core.restore(written["content"])
        return core

    @property
    def sums(self) -> str:
        """The dtype of the sums: float64."""
        return self._native.sums
