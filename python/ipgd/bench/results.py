"""Results as JSON: what was measured, in every round, and on what."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..files import atomic_write, check_writable
from .claims import Outcome
from .measure import Band, band

_FORMAT = "ipgd-bench-1"
_FACTS: dict[str, type | tuple[type, ...]] = {
    "date": str,
    "cpu": str,
    "cores": int,
    "threads": int,
    "memory_bytes": (int, type(None)),
    "isa": str,
    "isa_usable": list,
    "compiler": str,
    "eigen": str,
    "openmp": bool,
    "blas": str,
    "os": str,
    "python": str,
    "versions": dict,
}


@dataclass(frozen=True)
class Timing:
    """One contender.

    Attributes
    ----------
    name : str
    rounds : list of float
        Seconds per unit in every round, each the fastest of the inner runs.
    at : int or None
        Where on the sweep: d, number of threads or runs.
    steps : int or None
        Of one inner run.
    """

    name: str
    rounds: list[float]
    at: int | None = None
    steps: int | None = None

    @property
    def band(self) -> Band:
        """Median and band over the rounds."""
        return band(self.rounds)


@dataclass(frozen=True)
class Check:
    """Relative difference of a peer's result from ours after the timed number of steps."""

    name: str
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether both results agree; False for NaN."""
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class Result:
    """One case after its measurement.

    Attributes
    ----------
    case, kind, sentence : str
    quick : bool
        Measured too briefly for a claim.
    settings : dict
        Sizes: m, d, p, search_rank, batch, dtype, sums, bytes, inner, rounds.
    timings : list of Timing
    outcomes : list of Outcome
    checks : list of Check
    notes : list of str
        What was left out and why.
    """

    case: str
    kind: str
    sentence: str
    quick: bool
    settings: dict[str, Any]
    timings: list[Timing] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether all peers' results agree with ours."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True)
class Document:
    """Results and the machine they come from: one file."""

    provenance: dict[str, Any]
    results: list[Result]


def write(path: str | os.PathLike[str], document: Document) -> None:
    """Write a document as JSON, whole or not at all.

    Raises
    ------
    OSError
        If `path` cannot be written.
    """
    content = {"format": _FORMAT, **asdict(document)}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    with atomic_write(check_writable("json", path)) as file:
        file.write(text.encode())


def read(path: str | os.PathLike[str]) -> Document:
    """Read what :func:`write` wrote.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r}")
        return Document(
            _facts(content["provenance"]), [_result(each) for each in content["results"]]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"json: expected results written by ipgd bench, got {str(path)!r} "
            f"({type(error).__name__}: {error})"
        ) from None


def read_all(paths: Sequence[Path]) -> list[Document]:
    """Read several documents."""
    return [read(path) for path in paths]


def _facts(content: Any) -> dict[str, Any]:
    """The provenance; raises unless it has all facts that the page shows."""
    for name, kinds in _FACTS.items():
        if not isinstance(content[name], kinds):
            raise TypeError(f"provenance: {name!r} is {content[name]!r}")
    facts: dict[str, Any] = content
    return facts


def _result(content: dict[str, Any]) -> Result:
    kinds = {"timings": Timing, "outcomes": Outcome, "checks": Check}
    lists = {name: [kind(**each) for each in content[name]] for name, kind in kinds.items()}
    return Result(**(content | lists))
