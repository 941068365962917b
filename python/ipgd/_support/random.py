"""Seeds: a 64-bit key, from which every number that the core draws is computed."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

RNG: TypeAlias = np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | int | None


def generator(rng: RNG) -> np.random.Generator:
    """The Generator behind an ``rng`` argument (SPEC 7)."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"rng: expected None, an integer >= 0 or a numpy Generator, got {rng!r}"
        ) from None


def draw_key(rng: np.random.Generator) -> int:
    """A fresh key for the core's counter-based streams."""
    return int(rng.integers(0, 2**64, dtype=np.uint64))
