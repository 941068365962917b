"""Algorithms: how the parameters move, when they are perturbed, and when they stop."""

from .base import Algorithm, Stop
from .gradient import GD
from .perturbed import IPGD, PGD, IPGDPlus

__all__ = ["GD", "IPGD", "PGD", "Algorithm", "IPGDPlus", "Stop"]
