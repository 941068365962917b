"""Linear measurement operators: how Theta is seen."""

from .base import Operator
from .dense import Dense, DenseSymmetric
from .gram import Gram

__all__ = ["Dense", "DenseSymmetric", "Gram", "Operator"]
