"""Linear measurement operators: how Theta is seen."""

from .base import Operator
from .dense import Dense, DenseSymmetric

__all__ = ["Dense", "DenseSymmetric", "Operator"]
