"""Parameterizations: how Theta is written in terms of the parameters that move."""

from ..operators import Operator
from .base import Parameterization
from .factors import AsymmetricFactor, SymmetricFactor

__all__ = ["AsymmetricFactor", "Parameterization", "SymmetricFactor"]


def default(operator: Operator) -> Parameterization:
    """The full-rank factor model that fits the operator."""
    return SymmetricFactor() if operator.symmetric else AsymmetricFactor()
