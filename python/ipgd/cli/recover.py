"""``ipgd recover``: measurements in, matrix out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import ipgd

from ..parameterizations import Parameterization
from .errors import reported_errors
from .inputs import Dtype, load_array, load_operator
from .models import MATRICES, matrix_model
from .running import check_paths, describe, finish, init_named, method_named, solve


def recover(
    a: Annotated[
        Path, typer.Argument(metavar="A.npy", help="Measurement matrices, shape (m, d1, d2).")
    ],
    y: Annotated[Path, typer.Argument(metavar="y.npy", help="Measurements, shape (m,).")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Result (.npz): theta, parameters, history.")
    ],
    search_rank: Annotated[
        int | None, typer.Option(help="Columns of the factors; full rank if not given.")
    ] = None,
    parameterization: Annotated[
        str, typer.Option(help=f"{MATRICES}: U Uᵀ or V Wᵀ, whichever fits A, ...")
    ] = "auto",
    algorithm: Annotated[
        Literal["gd", "pgd", "ipgd", "ipgd+"],
        typer.Option(help="gd and pgd start small and random, ipgd and ipgd+ from zero."),
    ] = "gd",
    step_size: Annotated[
        float | None, typer.Option(help="eta; 1 / (4 ||A*(y)/m||) if not given.")
    ] = None,
    init_scale: Annotated[
        float | None, typer.Option(help="Start from Gaussian factors of this scale.")
    ] = None,
    radius: Annotated[
        float | None, typer.Option(help="Radius of the perturbation (pgd, ipgd, ipgd+).")
    ] = None,
    dtype: Annotated[
        Dtype | None, typer.Option(help="Storage of A; float32 where it is exact, else float64.")
    ] = None,
    max_iter: Annotated[int, typer.Option(help="Iteration budget.")] = 20_000,
    tol: Annotated[
        float,
        typer.Option(min=0, max=1, help="Stop when ||A(Theta) - y|| is at most this times ||y||."),
    ] = 1e-4,
    seed: Annotated[int, typer.Option(help="Seed of the random init and perturbations.")] = 0,
    threads: Annotated[int | None, typer.Option(help="Threads; all CPUs if not given.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw the run to this picture.")] = None,
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
