"""Pictures. Needs matplotlib: ``pip install 'ipgd[plot]'``."""

from .run import history, matrix, recovery, row, singular_values, vector
from .style import check_picture, new_figure, save

__all__ = [
    "check_picture",
    "history",
    "matrix",
    "new_figure",
    "recovery",
    "row",
    "save",
    "singular_values",
    "vector",
]
