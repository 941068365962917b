"""Values with a name and fields, as text can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

T = TypeVar("T")


def write_down(value: object) -> dict[str, Any]:
    """The kind's name and the fields of a dataclass."""
    return {"name": type(value).__name__, **asdict(value)}  # type: ignore[call-overload]


def read_back(what: str, kinds: Iterable[type[T]], text: Mapping[str, Any]) -> T:
    """The value of one of these kinds that :func:`write_down` these.

    Raises
    ------
    ValueError
        If they are those of none.
    """
    fields = dict(text)
    name = fields.pop("name", None)
    for kind in kinds:
        if kind.__name__ == name:
            return kind(**fields)
    raise ValueError(f"{what}: expected one of ours, got {name!r}")
