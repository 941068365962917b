"""Parameterizations: how Theta is written in terms of the parameters that move."""

from collections.abc import Mapping
from typing import Any

from .._support.written import read_back
from ..operators import Operator
from .base import Parameterization
from .deep import CompressedDeep, DeepFactor
from .factors import AsymmetricFactor, SymmetricFactor
from .hadamard import HadamardPower, HadamardProduct, WeightNormalized
from .tensor import SymmetricTensor

__all__ = [
    "AsymmetricFactor",
    "CompressedDeep",
    "DeepFactor",
    "HadamardPower",
    "HadamardProduct",
    "Parameterization",
    "SymmetricFactor",
    "SymmetricTensor",
    "WeightNormalized",
]

_MODELS: tuple[type[Parameterization], ...] = (
    SymmetricFactor,
    AsymmetricFactor,
    DeepFactor,
    CompressedDeep,
    HadamardPower,
    HadamardProduct,
    WeightNormalized,
    SymmetricTensor,
)


def default(operator: Operator) -> Parameterization:
    """The model that fits the operator: full-rank factors, or u^2 - v^2 for vectors."""
    if operator.symmetric:
        return SymmetricFactor()
    return HadamardPower() if operator.matrix_shape[1] == 1 else AsymmetricFactor()


def from_settings(settings: Mapping[str, Any]) -> Parameterization:
    """Rebuild a parameterization from its :meth:`Parameterization.settings`.

    Raises
    ------
    ValueError
        If the name is that of no model known here.
    """
    return read_back("parameterization", _MODELS, settings)
