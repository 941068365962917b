"""Problems: an operator, its measurements, and the truth when it is known."""

from . import noise, spectra
from .base import Problem, Scale
from .sensing import matrix_sensing
from .sparse import sparse_regression, sparse_regression_data

__all__ = [
    "Problem",
    "Scale",
    "matrix_sensing",
    "noise",
    "sparse_regression",
    "sparse_regression_data",
    "spectra",
]
