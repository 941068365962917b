"""Small tables for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


def table(title: str, rows: Mapping[str, object]) -> str:
    """A title over rows of a name and a value, as HTML; all text is escaped."""
    lines = [
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in rows.items()
    ]
    return f"<table><caption>{escape(title)}</caption>{''.join(lines)}</table>"
