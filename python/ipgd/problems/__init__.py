"""Problems: an operator, its measurements, and the truth when it is known."""

from .base import Problem, Scale
from .sensing import matrix_sensing

__all__ = ["Problem", "Scale", "matrix_sensing"]
