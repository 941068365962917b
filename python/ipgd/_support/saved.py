"""What the fields and the history of a saved solution may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from .state import COUNT, KEY, require_fields

SOLUTION: dict[str, type | range] = {
    "success": bool,
    "status": str,
    "message": str,
    "nit": COUNT,
    "fun": float,
    "gradient_norm": float,
    "train_error": float,
    "settings": dict,
    "perturbations": COUNT,
}
_RUN: dict[str, type | range] = {
    "given": dict,
    "parameterization": dict,
    "operator": dict,
    "stop": dict,
    "init": str,
    "max_iter": COUNT,
    "record": list,
    "record_every": COUNT,
    "n_singular_values": COUNT,
    "estimates": dict,
    "keys": dict,
    "fingerprint": dict,
}
_PARTS: dict[str, dict[str, type | range]] = {  # of the settings, where they are there
    "algorithm": {"name": str},
    "parameterization": {"name": str},
    "operator": {"name": str, "matrix_shape": list, "storage": str},
}


def require_settings(settings: dict[str, Any], history: dict[str, Any]) -> None:
    """Raise ValueError unless these settings can be shown, and a run can go on with them."""
    for name, types in _PARTS.items():
        if name in settings:
            require_fields(f"a solution's {name}", settings[name], types)
    if settings.get("given") is not None:  # not of a baseline's
        _require_run(settings, history)


def _require_run(settings: dict[str, Any], history: dict[str, Any]) -> None:
    """Raise ValueError unless a run can go on with these settings and this history."""
    require_fields("a run", settings, _RUN)
    require_fields("a run's operator", settings["operator"], {"gram": bool})
    for name, kind in (("stop", float), ("estimates", float), ("keys", KEY)):
        require_fields(f"a run's {name}", settings[name], dict.fromkeys(settings[name], kind))
    if not isinstance(settings.get("rng", ...), int | None):
        raise ValueError(f"a run whose rng is {settings.get('rng')!r}")
    for name in {"curvature", "magnitude"} & settings["estimates"].keys():
        if not settings["estimates"][name] > 0:
            raise ValueError(f"a run whose {name} is {settings['estimates'][name]!r}")
    if {"iteration", *settings["record"]} != history.keys():
        raise ValueError(f"a run that recorded {settings['record']}, with {list(history)}")
    known = settings["fingerprint"]
    require_fields("a run's fingerprint", known, {"y": str})
    if len(known) != 2 or not known.keys() & {"operator", "sum"}:
        raise ValueError(f"a run's fingerprint of {list(known)}")
    np.asarray(known.get("operator", known.get("sum")), np.float64)  # raises at other than numbers


def require_history(history: dict[str, Any], nit: int) -> None:
    """Raise ValueError unless each quantity has a record for each iteration recorded."""
    iterations = history.get("iteration")
    if iterations is None or iterations.dtype.kind not in "iu" or iterations.ndim != 1:
        raise ValueError("a history without iterations")
    if len(iterations) and not 0 <= iterations.min() <= iterations.max() <= nit:
        raise ValueError(f"a history that is not of iterations 0 to {nit}")
    for name, column in history.items():
        if column.dtype.kind not in "fiub" or column.ndim < 1 or len(column) != len(iterations):
            raise ValueError(
                f"a history whose {name} has dtype {column.dtype} and shape {column.shape}, with "
                f"{len(iterations)} records"
            )
