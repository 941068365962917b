"""Algorithms: how the parameters move, when they are perturbed, and when they stop."""

from .base import Algorithm, Stop
from .gradient import GD
from .momentum import AcceleratedGD
from .normalized import NormalizedGD
from .perturbed import IPGD, PGD, IPGDPlus
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
]
