"""The compiled core: the variant for the best instruction set of this CPU.

``IPGD_ISA`` (``v2``, ``v3``, ``v4``, ``generic``; the prefix ``x86-64-`` is allowed) overrides the
choice.
"""

from __future__ import annotations

import importlib
import os

from . import _cpu_features

available: list[str] = _cpu_features.usable()
built: list[str] = _cpu_features.built()


def _pick() -> str:
    wanted = os.environ.get("IPGD_ISA", "").strip().lower().removeprefix("x86-64-")
    if wanted in available:
        return wanted
    if wanted:
        raise ImportError(
            f"IPGD_ISA: expected one of {', '.join(available)} (usable on this CPU; "
            f"built: {', '.join(built)}), got {wanted!r}"
        )
    if not available:
        raise ImportError(
            f"none of the built variants of ipgd ({', '.join(built)}) runs on this CPU; "
            "build from source with IPGD_ISA_LEVELS=generic in the environment"
        )
    return available[-1]


_module = importlib.import_module(f"._{_pick()}", __name__)
globals().update({name: value for name, value in vars(_module).items() if name[0] != "_"})
