"""Linear measurement operators: how Theta is seen."""

from .base import Operator
from .dense import STORAGE_BYTES, Dense, DenseSymmetric
from .entries import Entries
from .gram import Gram
from .rank_one import RankOne

__all__ = [
    "STORAGE_BYTES",
    "Dense",
    "DenseSymmetric",
    "Entries",
    "Gram",
    "Operator",
    "RankOne",
]
