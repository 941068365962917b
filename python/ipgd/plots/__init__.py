"""Pictures. Needs matplotlib: ``pip install 'ipgd[plot]'``."""

from .comparison import compare
from .escape import escape
from .overview import overview
from .run import history, matrix, recovery, row, singular_values, vector
from .spectrum import spectrum
from .style import check_picture, new_figure, save
from .transition import transition

__all__ = [
    "check_picture",
    "compare",
    "escape",
    "history",
    "matrix",
    "new_figure",
    "overview",
    "recovery",
    "row",
    "save",
    "singular_values",
    "spectrum",
    "transition",
    "vector",
]
