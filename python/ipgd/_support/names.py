"""What to say about a name that is not known."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about a name: the known one that is most like it, if there is one."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def suggesting(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that names the most similar keyword when it is called with an unknown one."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        _require_known(function.__name__, kwargs, signature)
        return function(*args, **kwargs)

    return checked


class Suggesting:
    """A value whose class names the most similar keyword when it is made with an unknown one."""

    def __new__(cls, *_args: Any, **kwargs: Any) -> Self:
        """Make one, to be filled by ``__init__``."""
        _require_known(cls.__name__, kwargs, inspect.signature(cls.__init__))
        return super().__new__(cls)


def _require_known(what: str, given: Iterable[str], signature: inspect.Signature) -> None:
    known = signature.parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in given:
        if name not in known:
            raise TypeError(
                f"{what}() got an unexpected keyword argument {name!r}{did_you_mean(name, known)}"
            )
