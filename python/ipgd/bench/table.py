"""The table on the terminal, case by case. Needs rich: ``pip install 'ipgd[cli]'``."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .results import Result
from .text import (
    band_text,
    bound_text,
    duration,
    label_text,
    ratio,
    target_text,
    timing_name,
    verdict_text,
)

_COLUMNS = (("", None), ("ratio", 7), ("band", 17), ("target", 7), ("bound", 5), ("", 8))
_COLOURS = {"met": "green", "missed": "bold red", "no claim": "yellow", "reported": "dim"}


def header() -> Table:
    """The titles of the columns."""
    table = _table()
    table.add_row(*(Text(title, style="bold") for title, _ in _COLUMNS))
    return table


def rows(result: Result) -> RenderableType:
    """What a case showed: its sentence, its ratios (or its times), and what was left out."""
    parts: list[RenderableType] = [Text.assemble((result.case, "bold"), "  ", result.sentence)]
    table = _table()
    for outcome in result.outcomes:
        verdict = verdict_text(result, outcome)
        table.add_row(
            f"  {label_text(outcome)}",
            ratio(outcome.value),
            band_text(outcome),
            target_text(outcome),
            bound_text(outcome),
            Text(verdict, style=_COLOURS.get(verdict, "yellow")),
        )
    if not result.outcomes:
        for timing in result.timings:
            spread = f"{duration(timing.band.low)} – {duration(timing.band.high)}"
            name, median = timing_name(result, timing), duration(timing.band.median)
            table.add_row(f"  {name}", median, spread, "", "", "")
    if table.row_count:
        parts.append(table)
    parts += [
        Text(
            f"  {check.name} computed something else: relative difference {check.difference:.1e}, "
            f"allowed {check.tolerance:.0e}",
            style="bold red",
        )
        for check in result.checks
        if not check.passed
    ]
    parts += [Text(f"  {note}", style="yellow") for note in result.notes]
    return Group(*parts)


def show(console: Console, result: Result) -> None:
    """Print a case."""
    console.print(rows(result))


def _table() -> Table:
    # The first column takes the rest of the width, so that the tables of all cases line up.
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), expand=True)
    for index, (_, width) in enumerate(_COLUMNS):
        right = 0 < index < len(_COLUMNS) - 1
        ratio = 1 if width is None else None
        table.add_column(width=width, ratio=ratio, justify="right" if right else "left")
    return table
