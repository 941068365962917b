"""``ipgd sparse``: measurements in, sparse vector out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import ipgd

from .errors import console, reported_errors
from .inputs import load_array
from .models import VECTORS, vector_model
from .options import MaxIter, OptionalOutput, Picture, StepSize, Storage, Threads, Tolerance
from .running import check_paths, describe, finish, method_named, solve

_LINES = 50  # of entries that are printed


def sparse(
    a: Annotated[Path, typer.Argument(metavar="A.npy", help="Measurement vectors, shape (m, d).")],
    y: Annotated[Path, typer.Argument(metavar="y.npy", help="Measured values, shape (m,).")],
    output: OptionalOutput = None,
    parameterization: Annotated[str, typer.Option(help=VECTORS)] = "hadamard:2",
    step_size: StepSize = None,
    init_scale: Annotated[
        float | None, typer.Option(help="Start from entries of this size; tiny if not given.")
    ] = None,
    dtype: Storage = None,
    max_iter: MaxIter = 20_000,
    tol: Tolerance = 1e-5,
    threads: Threads = None,
    plot: Picture = None,
) -> None:
    """Find a sparse vector theta with A theta = y, A having fewer rows than columns.

    With noisy measurements, set --tol to the size of the noise: a smaller residual fits the noise.

    Without -o no file is written. The entries above 1 % of the largest are printed as lines "index
    value", with indices from 0; if there are more than 50, only the largest 50.

    Exit codes: 0 residual within --tol, 1 diverged or stuck, 2 unusable input, 3 ended above --tol
    (result saved or printed), 130 interrupted (partial result saved or printed).
    """
    with reported_errors():
        check_paths({"A": a, "y": y}, output, plot)
        method = method_named("gd", step_size, None)
        model = vector_model(parameterization)
        init = None if init_scale is None else ipgd.init.constant(init_scale)
        problem = _problem(a, y, dtype)
        solution = solve(
            problem, method, model, init=init, max_iter=max_iter, tol=tol, seed=0, threads=threads
        )
        if output is None:
            _show(solution)
        finish(solution, output, plot, tol)


def _show(solution: ipgd.Solution) -> None:
    """The entries above 1 % of the largest, by their index."""
    theta = solution.theta()[:, 0]
    count = solution.numerical_sparsity()
    largest = np.argsort(-np.abs(theta), kind="stable")[: min(count, _LINES)]
    print("index value")
    for index in np.sort(largest):
        print(f"{index} {theta[index]:.6g}")
    if count > _LINES:
        console.print(f"the {_LINES} largest of {count} entries; -o writes all")


def _problem(a: Path, y: Path, dtype: str | None) -> ipgd.Problem:
    matrix, target = load_array("A", a), load_array("y", y)
    # Before A is read: it may be large.
    if target.ndim != 1 or (matrix.ndim == 2 and len(target) != len(matrix)):
        raise ValueError(
            "y: expected one number for each row of A, whose shape is "
            f"{matrix.shape}, got shape {target.shape}"
            + ("; are A and y swapped?" if target.ndim == 2 and matrix.ndim == 1 else "")
        )
    problem = ipgd.sparse_regression_data(matrix, target, dtype=dtype)
    m, d = matrix.shape
    describe(problem, f"A: {m} measurements of {d} entries: recovering a sparse vector")
    return problem
