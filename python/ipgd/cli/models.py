"""Parameterizations as the command line names them."""

from __future__ import annotations

import ipgd

from ..parameterizations import Parameterization

MATRICES = "auto, symmetric, asymmetric, deep:N (N layers) or hadamard:L"
VECTORS = "hadamard:L (u^L - v^L), product (u∘v) or weight-normalized:L"


def matrix_model(text: str, search_rank: int | None, symmetric: bool) -> Parameterization:
    """The model for ``ipgd recover``; `symmetric` decides what "auto" is.

    Raises
    ------
    ValueError
        If the text names no model, or one without a search rank where one was given.
    """
    kind, number = _parts(text, MATRICES)
    if kind in ("auto", "symmetric", "asymmetric") and number is None:
        square = symmetric if kind == "auto" else kind == "symmetric"
        return ipgd.SymmetricFactor(search_rank) if square else ipgd.AsymmetricFactor(search_rank)
    if kind == "deep":
        return ipgd.DeepFactor(3 if number is None else number, search_rank)
    if kind == "hadamard":
        if search_rank is not None:
            raise ValueError(f"search_rank: expected a model made of factors, got {text}")
        return ipgd.HadamardPower(2 if number is None else number)
    raise _unknown(text, MATRICES)


def vector_model(text: str) -> Parameterization:
    """The model for ``ipgd sparse``."""
    kind, number = _parts(text, VECTORS)
    power = 2 if number is None else number
    if kind == "hadamard":
        return ipgd.HadamardPower(power)
    if kind == "weight-normalized":
        return ipgd.WeightNormalized(power)
    if kind == "product" and number is None:
        return ipgd.HadamardProduct()
    raise _unknown(text, VECTORS)


def _parts(text: str, expected: str) -> tuple[str, int | None]:
    """The kind and the number of a text such as "deep:3"."""
    kind, colon, number = text.partition(":")
    if not colon:
        return kind, None
    if not (number.isascii() and number.isdigit()):
        raise _unknown(text, expected)
    return kind, int(number)


def _unknown(text: str, expected: str) -> ValueError:
    return ValueError(f"--parameterization: expected {expected}, got {text!r}")
