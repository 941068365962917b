"""The command lines of the experiments: a picture or a page goes where ``--output`` says."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import ipgd
from ipgd.files import atomic_write, check_writable


def picture_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with ``--output PICTURE``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, required=True, metavar="PICTURE")
    return parser


def picture_options(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None
) -> argparse.Namespace:
    """The options, with an output that can be written: known before the work.

    Raises
    ------
    OSError, ValueError
        If the picture cannot be written there, or not in this format.
    """
    options = parser.parse_args(arguments)
    check_writable("output", options.output)
    ipgd.plots.check_picture("output", options.output)
    return options


def write_page(
    description: str | None, arguments: Sequence[str] | None, page: Callable[[], str]
) -> None:
    """Print the page, or write it to ``--output FILE``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: print the page")
    output: Path | None = parser.parse_args(arguments).output
    target = None if output is None else check_writable("output", output)
    text = page()
    if target is None:
        print(text, end="")
        return
    with atomic_write(target) as file:
        file.write(text.encode())
