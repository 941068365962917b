"""What the columns of a list of entries are called."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_NAMES = {
    "row": "row rows i user users userid user_id",
    "column": "column columns col cols j item items itemid item_id movie movieid movie_id",
    "value": "value values val rating ratings",
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_ORDER = tuple(_NAMES)


def kind_of(name: object) -> str | None:
    """``row``, ``column`` or ``value``; None for what is called otherwise."""
    return _KINDS.get(name.strip().lower()) if isinstance(name, str) else None


def named_columns(names: Sequence[object]) -> list[int] | None:
    """Where the three columns are, by their names; None where the first three may be meant.

    Raises
    ------
    ValueError
        If a name contradicts the place of its column, and not all three are named.
    """
    kinds = [kind_of(name) for name in names]
    if all(kinds.count(kind) == 1 for kind in _ORDER):
        return [kinds.index(kind) for kind in _ORDER]
    if any(kind not in (None, place) for kind, place in itertools.zip_longest(kinds, _ORDER)):
        raise ValueError(f"in the order {', '.join(map(str, names))}")
    return None
