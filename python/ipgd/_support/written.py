"""Dataclasses as a name and fields, which JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

T = TypeVar("T")


def write_down(value: object) -> dict[str, Any]:
    """The kind's name and the fields of a dataclass."""
    return {"name": type(value).__name__, **asdict(value)}  # type: ignore[call-overload]


def read_back(what: str, kinds: Iterable[type[T]], text: Mapping[str, Any]) -> T:
    """Inverse of :func:`write_down`: rebuild one of `kinds`.

    Raises
    ------
    ValueError
        If the name is that of none of them, or a field is none of its fields.
    TypeError, ValueError
        If a field has a value that its kind refuses.
    """
    given = dict(text)
    name = given.pop("name", None)
    for kind in kinds:
        if kind.__name__ == name:
            unknown = given.keys() - {f.name for f in fields(kind)}  # type: ignore[arg-type]
            if unknown:
                raise ValueError(f"{what}: expected the fields of {name}, got {sorted(unknown)}")
            return kind(**given)
    raise ValueError(f"{what}: expected one of ours, got {name!r}")
