"""``ipgd recover``: measurements in, matrix out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import ipgd
from ipgd import files

from ..algorithms import Algorithm
from ..algorithms.base import Auto
from ..operators import Operator
from ..solution import Solution
from .errors import FAILED, INTERRUPTED, NOT_CONVERGED, console, reported_errors
from .inputs import load_array, load_operator

RECORDS = 1000  # at most, over the budget


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
        Literal["auto", "symmetric", "asymmetric"],
        typer.Option(help="U Uᵀ, V Wᵀ, or whichever fits A."),
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
        files.check_writable("output", output)
        if plot is not None:
            files.check_writable("plot", plot)
            ipgd.plots.check_picture("plot", plot)
        check_distinct({"A": a, "y": y, "output": output, "plot": plot})
        method = choose_algorithm(algorithm, step_size, radius)
        stop = ipgd.Stop(relative_loss=tol**2)
        operator, problem = _problem(a, y, parameterization)
        model = (
            ipgd.SymmetricFactor(search_rank)
            if operator.symmetric
            else ipgd.AsymmetricFactor(search_rank)
        )
        init = choose_init(algorithm, init_scale)
        try:
            solution = ipgd.solve(
                problem,
                method,
                parameterization=model,
                init=init,
                max_iter=max_iter,
                stop=stop,
                record=("loss", "train_error", "singular_values"),
                record_every=max(1, max_iter // RECORDS),
                progress=console.is_terminal,
                n_threads=threads,
                rng=seed,
            )
        except ipgd.SolveInterrupted as interrupted:
            solution = interrupted.solution
        finish(solution, output, plot, tol)


def check_distinct(paths: dict[str, Path | None]) -> None:
    """Nothing may be written over an input or over the other output."""
    if paths["output"] is not None and paths["output"].suffix != ".npz":
        raise ValueError(f"output: expected a path ending in .npz, got {str(paths['output'])!r}")
    places = {name: path.resolve() for name, path in paths.items() if path is not None}
    for name in ("output", "plot"):
        for other, place in places.items():
            if other != name and place == places.get(name):
                raise ValueError(
                    f"{name}: expected a path of its own, got that of {other}, {str(paths[name])!r}"
                )


def choose_algorithm(name: str, step_size: float | None, radius: float | None) -> Algorithm:
    """The algorithm of the options."""
    eta: Auto = "auto" if step_size is None else step_size
    if name == "gd":
        if radius is not None:
            raise ValueError(
                f"--radius: expected a perturbed algorithm (pgd, ipgd, ipgd+), got {name}"
            )
        return ipgd.GD(eta)
    if name == "pgd":
        return ipgd.PGD(step_size=step_size, radius=radius)
    method = ipgd.IPGD if name == "ipgd" else ipgd.IPGDPlus
    return method(step_size=eta) if radius is None else method(step_size=eta, radius=radius)


def choose_init(algorithm: str, scale: float | None) -> ipgd.init.Init:
    """The initial point of the options."""
    if scale is not None:
        return ipgd.init.gaussian(scale)
    return ipgd.init.zeros() if algorithm.startswith("ipgd") else ipgd.init.gaussian()


def _problem(a: Path, y: Path, parameterization: str) -> tuple[Operator, ipgd.Problem]:
    matrices, target = load_array("A", a), load_array("y", y)
    # Before A is read: it may be large.
    if target.ndim != 1 or (matrices.ndim == 3 and len(target) != len(matrices)):
        raise ValueError(
            "y: expected one number for each of the matrices in A, whose shape is "
            f"{matrices.shape}, got shape {target.shape}"
            + ("; are A and y swapped?" if target.ndim == 3 and matrices.ndim == 1 else "")
        )
    operator, sentence = load_operator(matrices, parameterization)
    problem = ipgd.Problem(operator, target)
    size = f"{operator.nbytes / 1e6:.3g} MB"
    console.print(f"{sentence}; stored as {operator.storage}, {size}", markup=False)
    return operator, problem


def finish(solution: Solution, output: Path, plot: Path | None, tol: float) -> None:
    """Save and draw the solution, and say how it ended; raises typer.Exit unless it reached tol."""
    solution.save(output)
    if plot is not None:
        title = f"{output.name}: {solution.status} after {solution.nit} iterations"
        ipgd.plots.save(ipgd.plots.recovery(solution, title=title), plot)
    reached = solution.train_error <= tol
    colour = "green" if reached else "yellow"
    console.print(f"[bold {colour}]{solution.status}[/]: {solution.message}")
    console.print(
        f"{solution.nit} iterations, relative residual {solution.train_error:.3g}, "
        f"numerical rank {solution.numerical_rank()}; wrote {output}"
        + (f", {plot}" if plot else ""),
        markup=False,
    )
    if not reached:
        codes = {"diverged": FAILED, "stuck": FAILED, "interrupted": INTERRUPTED}
        raise typer.Exit(codes.get(solution.status, NOT_CONVERGED))
