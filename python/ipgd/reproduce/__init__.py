"""The papers' figures, each run again by its name: ``ipgd reproduce NAME``.

A figure is one file in :mod:`ipgd.reproduce.figures`: the paper, the setting at full and at quick
size, how it is run and drawn, and its claims. :func:`run` computes the data, judges every claim and
writes both with the picture.
"""

from .catalogue import load, names
from .claims import Bound, Claim, Verdict, at_least, at_most, between
from .engine import Result, run
from .figure import Data, Figure, Paper

__all__ = [
    "Bound",
    "Claim",
    "Data",
    "Figure",
    "Paper",
    "Result",
    "Verdict",
    "at_least",
    "at_most",
    "between",
    "load",
    "names",
    "run",
]
