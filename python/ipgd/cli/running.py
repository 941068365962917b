"""What `recover`, `complete` and `sparse` have in common: paths, the run and its report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import typer

import ipgd
from ipgd import files

from ..algorithms import Algorithm
from ..algorithms.base import Auto
from ..parameterizations import Parameterization
from ..solution import Solution
from .errors import FAILED, INTERRUPTED, NOT_CONVERGED, console

_RECORDS = 1000  # at most, over the budget
_UNPERTURBED: dict[str, Callable[..., Algorithm]] = {
    "gd": ipgd.GD,
    "sgd": ipgd.SGD,
    "scaled": ipgd.ScaledGD,
}


def check_paths(inputs: dict[str, Path], output: Path | None, plot: Path | None) -> None:
    """Check that the outputs can be written, and that none is an input or the other output.

    Raises
    ------
    OSError, ValueError
    """
    outputs = {n: p for n, p in (("output", output), ("plot", plot)) if p is not None}
    for name, path in outputs.items():
        files.check_writable(name, path)
    if plot is not None:
        ipgd.plots.check_picture("plot", plot)
    if output is not None and output.suffix != ".npz":
        raise ValueError(f"output: expected a path ending in .npz, got {str(output)!r}")
    # realpath and not resolve: an input that cannot be followed is reported when it is opened.
    places = {name: os.path.realpath(path) for name, path in (inputs | outputs).items()}
    for name, path in outputs.items():
        for other, place in places.items():
            if other != name and place == places[name]:
                raise ValueError(
                    f"{name}: expected a path of its own, got that of {other}, {str(path)!r}"
                )


def method_named(name: str, step_size: float | None, radius: float | None) -> Algorithm:
    """The algorithm for the text of ``--algorithm``."""
    eta: Auto = "auto" if step_size is None else step_size
    if name in _UNPERTURBED:
        if radius is not None:
            raise ValueError(
                f"--radius: expected a perturbed algorithm (pgd, ipgd, ipgd+), got {name}"
            )
        return _UNPERTURBED[name](step_size=eta)
    if name == "pgd":
        return ipgd.PGD(step_size=step_size, radius=radius)
    method = ipgd.IPGD if name == "ipgd" else ipgd.IPGDPlus
    return method(step_size=eta) if radius is None else method(step_size=eta, radius=radius)


def init_named(
    algorithm: str, model: Parameterization, scale: float | None
) -> ipgd.init.Init | None:
    """The start for the texts of ``--algorithm`` and ``--init-scale``."""
    if scale is not None:
        vector = isinstance(model, ipgd.HadamardPower)
        return ipgd.init.constant(scale) if vector else ipgd.init.gaussian(scale)
    return ipgd.init.zeros() if algorithm.startswith("ipgd") else None


def describe(problem: ipgd.Problem, sentence: str) -> None:
    """Print what will be recovered, and from what."""
    operator = problem.operator
    size = f"{operator.nbytes / 1e6:.3g} MB"
    console.print(f"{sentence}; stored as {operator.storage}, {size}", markup=False)


def solve(
    problem: ipgd.Problem,
    method: Algorithm,
    model: Parameterization,
    *,
    init: ipgd.init.Init | None,
    max_iter: int,
    tol: float,
    seed: int,
    threads: int | None,
) -> Solution:
    """Solve, with a bar on a terminal; Ctrl-C gives the partial solution."""
    try:
        return ipgd.solve(
            problem,
            method,
            parameterization=model,
            init=init,
            max_iter=max_iter,
            stop=ipgd.Stop(relative_loss=tol**2),
            record=("loss", "train_error", "singular_values"),
            record_every=max(1, max_iter // _RECORDS),
            progress=console.is_terminal,
            n_threads=threads,
            rng=seed,
        )
    except ipgd.SolveInterrupted as interrupted:
        return interrupted.solution


def finish(solution: Solution, output: Path | None, plot: Path | None, tol: float) -> None:
    """Save and report. Exit with a code other than 0 if the residual is above `tol`."""
    if output is not None:
        solution.save(output)
    if plot is not None:
        name = plot.name if output is None else output.name
        title = f"{name}: {solution.status} after {solution.nit} iterations"
        ipgd.plots.save(ipgd.plots.recovery(solution, title=title), plot)
    reached = solution.train_error <= tol
    colour = "green" if reached else "yellow"
    console.print(f"[bold {colour}]{solution.status}[/]: {solution.message}")
    written = ", ".join(str(path) for path in (output, plot) if path is not None)
    console.print(
        f"{solution.nit} iterations, relative residual {solution.train_error:.3g}, "
        f"{_size(solution)}" + (f"; wrote {written}" if written else ""),
        markup=False,
    )
    if not reached:
        codes = {"diverged": FAILED, "stuck": FAILED, "interrupted": INTERRUPTED}
        raise typer.Exit(codes.get(solution.status, NOT_CONVERGED))


def _size(solution: Solution) -> str:
    """How small the solution is, in words."""
    if solution.is_vector:
        return f"{solution.numerical_sparsity()} entries above 1 % of the largest"
    return f"numerical rank {solution.numerical_rank()}"
