"""``ipgd complete``: some entries of a matrix in, the matrix out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ipgd

from .entries import load_entries
from .errors import reported_errors
from .models import FACTORS, factor_model, product_of
from .options import (
    InitScale,
    MaxIter,
    MethodName,
    Output,
    Picture,
    Radius,
    Seed,
    StepSize,
    Threads,
    Tolerance,
)
from .running import check_paths, describe, finish, init_named, method_named, solve


def complete(
    entries: Annotated[
        Path,
        typer.Argument(
            metavar="entries.csv|npz",
            help="Observed entries: columns row, column, value (in another order, or among others, "
            "if a header names them: user, item, rating will do), or a .npz with arrays rows, "
            "cols, values, or a sparse matrix saved by SciPy.",
        ),
    ],
    output: Output,
    search_rank: Annotated[
        int | None,
        typer.Option(
            "--rank", "--search-rank", help="Columns of the factors; at most 10 if not given."
        ),
    ] = None,
    shape: Annotated[
        tuple[int, int] | None,
        typer.Option(
            help="Rows and columns of the matrix; as few as hold the entries if not given."
        ),
    ] = None,
    one_based: Annotated[
        bool, typer.Option("--one-based", help="Rows and columns are counted from 1, not from 0.")
    ] = False,
    parameterization: Annotated[
        str,
        typer.Option(help=f"{FACTORS}: V Wᵀ (auto), U Uᵀ for a positive semidefinite matrix, ..."),
    ] = "auto",
    algorithm: MethodName = "gd",
    step_size: StepSize = None,
    init_scale: InitScale = None,
    radius: Radius = None,
    max_iter: MaxIter = 20_000,
    tol: Tolerance = 1e-4,
    seed: Seed = 0,
    threads: Threads = None,
    plot: Picture = None,
) -> None:
    """Complete a low-rank matrix from some of its entries.

    With noisy entries, set --tol to the size of the noise: a smaller residual fits the noise. A
    matrix of more than 2^24 numbers is saved as its factors only.

    Exit codes: 0 residual within --tol, 1 diverged or stuck, 2 unusable input, 3 ended above --tol
    (result saved), 130 interrupted (partial result saved).
    """
    with reported_errors():
        check_paths({"entries": entries}, output, plot)
        method = method_named(algorithm, step_size, radius)
        factor_model(parameterization, search_rank, symmetric=False)  # known, before the file is
        problem = ipgd.MatrixCompletion(*load_entries(entries, shape, one_based=one_based))
        d1, d2 = problem.operator.matrix_shape
        rank = min(10, d1, d2) if search_rank is None else search_rank
        model = factor_model(parameterization, rank, symmetric=False)
        describe(
            problem,
            f"{problem.m} entries of a {d1} x {d2} matrix ({problem.m / d1 / d2:.3g} of all): "
            f"recovering {product_of(model)} with {rank} columns",
        )
        solution = solve(
            problem,
            method,
            model,
            init=init_named(algorithm, model, init_scale),
            max_iter=max_iter,
            tol=tol,
            seed=seed,
            threads=threads,
        )
        finish(solution, output, plot, tol)
