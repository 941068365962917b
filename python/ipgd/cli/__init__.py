"""The command line: ``ipgd recover``, ``complete``, ``sparse``, ``demo``, ``bench``, ``info``."""

import typer

from .bench import bench
from .complete import complete
from .demo import demo
from .info import info
from .recover import recover
from .sparse import sparse

__all__ = ["app"]

app = typer.Typer(
    name="ipgd",
    help="Low-rank recovery by gradient descent on over-parameterised models.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(recover)
app.command()(complete)
app.command()(sparse)
app.command()(demo)
app.command()(bench)
app.command()(info)
