"""Problems: an operator, its measurements, and the truth when it is known."""

from .base import Problem, Scale
from .completion import MatrixCompletion, matrix_completion
from .quadratic import QuadraticRegression, quadratic_regression
from .sensing import matrix_sensing
from .sparse import sparse_regression, sparse_regression_data

__all__ = [
    "MatrixCompletion",
    "Problem",
    "QuadraticRegression",
    "Scale",
    "matrix_completion",
    "matrix_sensing",
    "quadratic_regression",
    "sparse_regression",
    "sparse_regression_data",
]
