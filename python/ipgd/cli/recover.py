"""``ipgd recover``: measurements in, matrix out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ipgd

from ..parameterizations import Parameterization
from .errors import reported_errors
from .inputs import load_array, load_operator
from .models import MATRICES, matrix_model
from .options import (
    InitScale,
    MaxIter,
    MethodName,
    Output,
    Picture,
    Radius,
    Seed,
    StepSize,
    Storage,
    Threads,
    Tolerance,
)
from .running import check_paths, describe, finish, init_named, method_named, solve


def recover(
    a: Annotated[
        Path, typer.Argument(metavar="A.npy", help="Measurement matrices, shape (m, d1, d2).")
    ],
    y: Annotated[Path, typer.Argument(metavar="y.npy", help="Measurements, shape (m,).")],
    output: Output,
    search_rank: Annotated[
        int | None, typer.Option(help="Columns of the factors. Default: full rank.")
    ] = None,
    parameterization: Annotated[
        str, typer.Option(help=f"{MATRICES}: U Uᵀ or V Wᵀ, whichever fits A, ...")
    ] = "auto",
    algorithm: MethodName = "gd",
    step_size: StepSize = None,
    init_scale: InitScale = None,
    radius: Radius = None,
    dtype: Storage = None,
    max_iter: MaxIter = 20_000,
    tol: Tolerance = 1e-4,
    seed: Seed = 0,
    threads: Threads = None,
    plot: Picture = None,
) -> None:
    """Recover a low-rank matrix Theta from measurements y_i = <A_i, Theta>.

    With noisy measurements, set --tol to the size of the noise: a smaller residual fits the noise.

    Exit codes: 0 residual within --tol, 1 diverged or stuck, 2 unusable input, 3 ended above --tol
    (result saved), 130 interrupted (partial result saved).
    """
    with reported_errors():
        check_paths({"A": a, "y": y}, output, plot)
        method = method_named(algorithm, step_size, radius)
        problem, model = _problem(a, y, parameterization, search_rank, dtype)
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


def _problem(
    a: Path, y: Path, parameterization: str, search_rank: int | None, dtype: str | None
) -> tuple[ipgd.Problem, Parameterization]:
    matrix_model(parameterization, search_rank, symmetric=True)  # known, before A is read
    matrices, target = load_array("A", a), load_array("y", y)
    # Before A is read: it may be large.
    if target.ndim != 1 or (matrices.ndim == 3 and len(target) != len(matrices)):
        raise ValueError(
            "y: expected one number for each of the matrices in A, whose shape is "
            f"{matrices.shape}, got shape {target.shape}"
            + ("; are A and y swapped?" if target.ndim == 3 and matrices.ndim == 1 else "")
        )
    operator, sentence = load_operator(matrices, parameterization, dtype)
    problem = ipgd.Problem(operator, target)
    describe(problem, sentence)
    return problem, matrix_model(parameterization, search_rank, operator.symmetric)
