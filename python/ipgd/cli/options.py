"""The options that `recover`, `complete` and `sparse` share.

The library checks the numbers, and its messages say what it was given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Output: TypeAlias = Annotated[
    Path, typer.Option("-o", "--output", help="Result (.npz): theta, parameters, history.")
]
OptionalOutput: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="Result (.npz): theta, parameters, history. If not given, the entries above 1 % of "
        "the largest are printed.",
    ),
]
MethodName: TypeAlias = Annotated[
    Literal["gd", "sgd", "scaled", "pgd", "ipgd", "ipgd+"],
    typer.Option(
        help="Gradient descent: plain, on mini-batches, scaled (for ill-conditioned matrices), "
        "perturbed. ipgd and ipgd+ start from zero, the others small and random."
    ),
]
StepSize: TypeAlias = Annotated[
    float | None, typer.Option(help="Step size eta. Default: estimated from the data.")
]
InitScale: TypeAlias = Annotated[
    float | None, typer.Option(help="Start from Gaussian factors of this scale.")
]
Radius: TypeAlias = Annotated[
    float | None, typer.Option(help="Radius of the perturbation (pgd, ipgd, ipgd+).")
]
Storage: TypeAlias = Annotated[
    Literal["float64", "float32", "bfloat16", "int8"] | None,
    typer.Option("--dtype", help="Storage of A. Default: float32 if it is exact, else float64."),
]
MaxIter: TypeAlias = Annotated[int, typer.Option(help="Iteration budget.")]
Tolerance: TypeAlias = Annotated[
    float,
    typer.Option(min=0, max=1, help="Stop when ||A(Theta) - y|| is at most this times ||y||."),
]
Seed: TypeAlias = Annotated[int, typer.Option(help="Seed of the random init and perturbations.")]
Threads: TypeAlias = Annotated[int | None, typer.Option(help="Threads. Default: all CPUs.")]
Picture: TypeAlias = Annotated[
    Path | None, typer.Option("--plot", help="Also draw the run to this picture.")
]
