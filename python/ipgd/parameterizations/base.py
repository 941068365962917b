"""The parameterization contract in Python: a value that is bound to an operator's shape."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from .. import _core
from .._support.names import Suggesting
from .._support.written import write_down
from ..operators import Operator

MOST_FACTORS = 1000  # of a product: beyond it, no number but 0 and 1 stays in range


class Parameterization(Suggesting, ABC):
    """A model of Theta. Its size is known once it is bound to an operator's matrix shape."""

    @abstractmethod
    def model(self, d1: int, d2: int) -> _core.Parameterization:
        """The core's model of d1 x d2 matrices.

        Raises
        ------
        ValueError
            If there is no such model.
        """

    def resolved(self, magnitude: Callable[[], float]) -> Self:
        """With every ``"auto"`` resolved; `magnitude` estimates sigma_1(Theta*)."""
        return self

    def bind(self, operator: Operator) -> _core.Parameterization:
        """The core's model for this operator.

        Raises
        ------
        ValueError
            If Theta in this form cannot be measured by `operator`.
        """
        model = self.model(*operator.matrix_shape)
        model.check(operator._native)
        return model

    def settings(self) -> dict[str, Any]:
        """Name and fields, from which :func:`ipgd.parameterizations.from_settings` makes it."""
        return write_down(self)
