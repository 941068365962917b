"""What a run has recorded."""

from __future__ import annotations

from typing import Any, Never

import numpy as np

from .names import did_you_mean


class History(dict[str, np.ndarray[Any, Any]]):
    """The recorded quantities of a run by name.

    Raises
    ------
    KeyError
        If another one is asked for; it names those that were recorded.
    """

    def __missing__(self, name: str) -> Never:
        """Say what was recorded, and how to record more."""
        hint = did_you_mean(name, self) if isinstance(name, str) else ""
        raise KeyError(
            f"history: expected one of {', '.join(self)}, got {name!r}"
            + (hint or f"; ipgd.solve(..., record=[..., {name!r}]) records it")
        )
