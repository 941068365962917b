"""Algorithms: how the parameters move, when they are perturbed, and when they stop."""

from collections.abc import Mapping
from typing import Any

from .._support.written import read_back, write_down
from .base import Algorithm, Stop
from .gradient import GD
from .momentum import AcceleratedGD
from .normalized import NormalizedGD
from .perturbed import IPGD, PGD, IPGDPlus
from .quadratic import TruncatedGD
from .scaled import AltScaledGD, ScaledGD
from .stochastic import SGD

__all__ = [
    "GD",
    "IPGD",
    "PGD",
    "SGD",
    "AcceleratedGD",
    "Algorithm",
    "AltScaledGD",
    "IPGDPlus",
    "NormalizedGD",
    "ScaledGD",
    "Stop",
    "TruncatedGD",
]

_METHODS: tuple[type[Algorithm], ...] = (
    GD,
    PGD,
    IPGD,
    IPGDPlus,
    SGD,
    AcceleratedGD,
    NormalizedGD,
    ScaledGD,
    AltScaledGD,
    TruncatedGD,
)


def written_down(algorithm: Algorithm) -> dict[str, Any] | None:
    """The algorithm's name and fields as it was given; None of one that is not ours."""
    return write_down(algorithm) if type(algorithm) in _METHODS else None


def from_written(text: Mapping[str, Any]) -> Algorithm:
    """Inverse of :func:`written_down`: rebuild an algorithm from its name and fields.

    Raises
    ------
    ValueError
        If the name is that of no algorithm known here.
    """
    return read_back("algorithm", _METHODS, text)
