"""Our side: the public functions, as a user calls them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import ipgd

from .workload import Array, Workload

_RECORD_EVERY = 10


class Ours:
    """``solve``, or ``solve_batch`` for several starts, for a given number of steps.

    With ``max_iter=n`` it evaluates f and its gradient n + 1 times and moves n times, so one inner
    run counts as n + 1 steps.

    Parameters
    ----------
    work : Workload
    gram : bool
        Whether R of A = QR replaces A. The automatic choice is never used, so that the result says
        what was timed.
    n_threads : int, optional
        Default: those of the workload.
    record : sequence of str
        What every tenth iteration records.
    """

    extra_steps = 1

    def __init__(
        self,
        work: Workload,
        *,
        gram: bool = False,
        n_threads: int | None = None,
        record: Sequence[str] = (),
    ) -> None:
        self.work = work
        self.record = record
        self.gram = gram
        self.n_threads = work.n_threads if n_threads is None else n_threads

    def advance(self, steps: int) -> Array:
        """The factors after so many steps, (batch, d, k).

        Raises
        ------
        RuntimeError
            If a run ended early, which makes its time meaningless.
        """
        work = self.work
        problem = work.problem
        if self.gram:  # a new problem each time: it keeps R, whose computation is timed
            problem = ipgd.Problem(problem.operator, problem.y, problem.truth)
        algorithm = ipgd.GD(step_size=work.step_size)
        model = ipgd.SymmetricFactor(work.starts.shape[2])
        stop = ipgd.Stop(relative_loss=0.0, gradient_norm=0.0)
        if len(work.starts) == 1:
            solutions = [
                ipgd.solve(
                    problem,
                    algorithm,
                    parameterization=model,
                    init=work.starts[0],
                    max_iter=steps,
                    stop=stop,
                    record=self.record,
                    record_every=_RECORD_EVERY,
                    n_threads=self.n_threads,
                    gram=self.gram,
                )
            ]
        else:
            solutions = ipgd.solve_batch(
                problem,
                algorithm,
                inits=list(work.starts),
                parameterization=model,
                max_iter=steps,
                stop=stop,
                record=self.record,
                record_every=_RECORD_EVERY,
                n_threads=self.n_threads,
                gram=self.gram,
            )
        for solution in solutions:
            if solution.nit != steps:
                raise RuntimeError(
                    f"a run of {steps} steps ended after {solution.nit}: {solution.message}"
                )
        return np.stack([solution.parameters["U"] for solution in solutions])
