"""Initial points. Each is a value that knows how to start any model of a problem."""

from .base import Init, split_blocks
from .compressed import compressed
from .padded import padded
from .scaled import balanced, constant, gaussian, scaled_identity, scaled_orthogonal, zeros
from .spectral import nystrom, spectral

__all__ = [
    "Init",
    "balanced",
    "compressed",
    "constant",
    "gaussian",
    "nystrom",
    "padded",
    "scaled_identity",
    "scaled_orthogonal",
    "spectral",
    "split_blocks",
    "zeros",
]
