"""Parameterizations as the command line names them."""

from __future__ import annotations

import difflib

import ipgd

from ..parameterizations import Parameterization

FACTORS = "auto, symmetric, asymmetric or deep:N (N layers)"
MATRICES = "auto, symmetric, asymmetric, deep:N (N layers) or hadamard:L"
VECTORS = "hadamard:L (u^L - v^L), product (u∘v) or weight-normalized:L"
_KINDS = ("auto", "symmetric", "asymmetric", "deep", "hadamard", "product", "weight-normalized")


def matrix_model(text: str, search_rank: int | None, symmetric: bool) -> Parameterization:
    """The model for ``ipgd recover``; `symmetric` decides what "auto" is.

    Raises
    ------
    ValueError
        If the text names no model, or one without a search rank where one was given.
    """
    kind, number = _parts(text, MATRICES)
    if kind == "hadamard":
        if search_rank is not None:
            raise ValueError(f"search_rank: expected a model made of factors, got {text}")
        return ipgd.HadamardPower(2 if number is None else number)
    return factor_model(text, search_rank, symmetric, MATRICES)


def factor_model(
    text: str, search_rank: int | None, symmetric: bool, expected: str = FACTORS
) -> Parameterization:
    """The model for ``ipgd complete``: one made of factors.

    Raises
    ------
    ValueError
        If the text names no such model; `expected` says what does.
    """
    kind, number = _parts(text, expected)
    if kind in ("auto", "symmetric", "asymmetric") and number is None:
        square = symmetric if kind == "auto" else kind == "symmetric"
        return ipgd.SymmetricFactor(search_rank) if square else ipgd.AsymmetricFactor(search_rank)
    if kind == "deep":
        return ipgd.DeepFactor(3 if number is None else number, search_rank)
    raise _unknown(text, expected)


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


def product_of(model: Parameterization) -> str:
    """How Theta is made of the factors of such a model."""
    if isinstance(model, ipgd.DeepFactor):
        return "W_N ... W_1"
    return "U Uᵀ" if isinstance(model, ipgd.SymmetricFactor) else "V Wᵀ"


def _parts(text: str, expected: str) -> tuple[str, int | None]:
    """The kind and the number of a text such as "deep:3"."""
    kind, colon, number = text.partition(":")
    if not colon:
        return kind, None
    if not (number.isascii() and number.isdigit()):
        raise _unknown(text, expected)
    return kind, int(number)


def _unknown(text: str, expected: str) -> ValueError:
    kinds = [kind for kind in _KINDS if kind in expected]
    close = difflib.get_close_matches(text.partition(":")[0], kinds, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return ValueError(f"--parameterization: expected {expected}, got {text!r}{hint}")
