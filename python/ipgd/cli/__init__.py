"""The command line: ``ipgd recover``, ``complete``, ``demo``, ``reproduce`` and others."""

from typing import Annotated

import typer

import ipgd

from .bench import bench
from .complete import complete
from .demo import demo
from .info import info
from .recover import recover
from .reproduce import reproduce
from .sparse import sparse

__all__ = ["app"]

app = typer.Typer(
    name="ipgd",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(ipgd.__version__)
        raise typer.Exit


@app.callback()
def ipgd_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Low-rank recovery by gradient descent on over-parameterised models."""


app.command()(recover)
app.command()(complete)
app.command()(sparse)
app.command()(demo)
app.command()(bench)
app.command()(reproduce)
app.command()(info)
