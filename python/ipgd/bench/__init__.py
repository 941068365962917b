"""The benchmark suite: ipgd beside the peers that a user would pick instead.

``ipgd bench`` runs it on an installed package. One file for each question:

- ``case``, ``cases``: what is measured; ``claims``: when a claim holds
- ``ours``, ``peers``, ``roofs``: what is timed
- ``measure``: how it is timed
- ``races``, ``sweeps``, ``variants``, ``factored``, ``interrupts``: the kinds of cases
- ``suite``: running them; ``provenance``, ``results``: what is kept
- ``text``, ``table``, ``page``, ``figures``: what is shown

>>> from ipgd.bench import find
>>> [case.name for case in find(["float64-100"])]
['float64-100']
"""

from .case import Case
from .cases import CASES, find
from .claims import Claim, Outcome
from .measure import FULL, QUICK, Effort
from .results import Document, Result

__all__ = [
    "CASES",
    "FULL",
    "QUICK",
    "Case",
    "Claim",
    "Document",
    "Effort",
    "Outcome",
    "Result",
    "find",
]
