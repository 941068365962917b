"""Linear measurement operators: how Theta is seen."""

from .base import Operator
from .dense import STORAGE_BYTES, Dense, DenseSymmetric
from .gram import Gram

__all__ = ["STORAGE_BYTES", "Dense", "DenseSymmetric", "Gram", "Operator"]
