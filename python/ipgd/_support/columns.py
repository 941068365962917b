"""What the columns of a table of entries are called."""

from __future__ import annotations

_ROWS = "row rows i user users userid user_id"
_COLUMNS = "column columns col cols j item items itemid item_id movie movieid movie_id"
_VALUES = "value values val rating ratings score"
_KINDS = {
    name: kind
    for kind, names in (("row", _ROWS), ("column", _COLUMNS), ("value", _VALUES))
    for name in names.split()
}
ORDER = ("row", "column", "value")


def kind_of(name: object) -> str | None:
    """``row``, ``column`` or ``value``; None for what is called otherwise."""
    return _KINDS.get(name.strip().strip("\"'").lower()) if isinstance(name, str) else None


def out_of_order(names: list[object]) -> bool:
    """Whether one of three columns has the name of another one's content."""
    kinds = [kind_of(name) for name in names]
    return any(
        kind is not None and kind != wanted for kind, wanted in zip(kinds, ORDER, strict=False)
    )
