"""The parameterization contract in Python: a value that is bound to an operator's shape."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .. import _core
from ..operators import Operator


class Parameterization(ABC):
    """A model of Theta. Its size is known once it is bound to an operator's matrix shape."""

    @abstractmethod
    def bind(self, operator: Operator) -> _core.Parameterization:
        """The core's model for this operator.

        Raises
        ------
        ValueError
            If Theta in this form cannot be measured by `operator`.
        """
