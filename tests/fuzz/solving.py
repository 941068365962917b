"""Random problems, algorithms, models and options to solve, solve_batch, resume and baselines."""

import functools

import ipgd
import numpy as np

from . import values
from .constructors import ALGORITHMS, INITS, MODELS


@functools.cache
def _problems():
    """A small problem of each kind."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((40, 5, 4))
    theta = rng.standard_normal((5, 1)) @ rng.standard_normal((1, 4))
    dense = ipgd.operators.Dense(A)
    pairs = ipgd.operators.RankOne(A[:, :, 0], A[:, 0])
    return (
        ipgd.matrix_sensing(5, 2, 60, rng=0),
        ipgd.matrix_sensing(5, 2, 9, rng=0, dtype="int8"),
        ipgd.Problem(dense, dense.forward(theta), theta),
        ipgd.Problem(dense, np.zeros(40)),
        ipgd.Problem(dense, 1e200 * dense.forward(theta)),
        ipgd.Problem(ipgd.operators.Dense(1e-200 * A), dense.forward(theta)),
        ipgd.Problem(ipgd.operators.Dense(0 * A), dense.forward(theta)),
        ipgd.Problem(ipgd.operators.RankOne(1e-150 * A[:, 0]), rng.random(40)),
        ipgd.matrix_completion(6, 5, 2, fraction=0.6, rng=0),
        ipgd.quadratic_regression(5, 2, 60, rng=0),
        ipgd.Problem(pairs, pairs.forward(theta)),
        ipgd.sparse_regression(8, 2, 20, rng=0),
        ipgd.sparse_regression(1, 1, 3, rng=0),
    )


def _made(rng, kinds, oddness=0.02):
    """One of these kinds with random settings, made again until they are accepted."""
    kind = values.choice(rng, kinds)
    for _ in range(20):
        try:
            return kind(**values.arguments(rng, kind, oddness))
        except (ValueError, TypeError):
            continue
    return kind()


def _options(rng, function):
    given = ("problem", "algorithm", "parameterization", "init", "inits", "step_sizes", "radii")
    options = values.arguments(rng, function, 0.01, (*given, "seeds", "solution", "solutions"))
    return options | {"max_iter": values.BY_NAME["max_iter"](rng)}


def _parts(rng):
    """Algorithm, model and start, each of which may be left to its default."""
    parts = {
        "algorithm": (_made(rng, ALGORITHMS), 0.8),
        "parameterization": (_made(rng, MODELS), 0.4),
        "init": (_made(rng, INITS) if rng.random() < 0.8 else values.odd(rng), 0.4),
    }
    return {name: part for name, (part, share) in parts.items() if rng.random() < share}


def case(rng, folder):
    """One run, its look at the result, and perhaps its rest."""
    problem = values.choice(rng, _problems())
    kind = values.choice(rng, ("solve", "solve", "batch", "baseline"))
    if kind == "baseline":
        function = values.choice(
            rng,
            (
                ipgd.baselines.nuclear_norm,
                ipgd.baselines.projected_gradient,
                ipgd.baselines.soft_impute,
            ),
        )
        options = _options(rng, function)
        yield f"{function.__name__}({problem}, **{options})"
        _look(function(problem, **options))
        return
    parts = _parts(rng)
    if kind == "solve":
        options = parts | _options(rng, ipgd.solve)
        yield f"solve({problem}, **{options})"
        solution = ipgd.solve(problem, **options)
        _look(solution)
        rest = _options(rng, ipgd.resume)
        yield f"resume(solve({problem}, **{options}), **{rest})"
        _look(ipgd.resume(problem, solution, **rest))
        return
    count = int(rng.integers(0, 4))
    sequences = {
        "inits": [values.choice(rng, INITS)() for _ in range(count)],
        "step_sizes": [values.number(rng) for _ in range(count)],
        "radii": [values.number(rng) for _ in range(count)],
        "seeds": list(range(count)),
    }
    chosen = {n: s if rng.random() < 0.95 else values.odd(rng) for n, s in sequences.items()}
    chosen = {name: sequence for name, sequence in chosen.items() if rng.random() < 0.4}
    options = parts | chosen | _options(rng, ipgd.solve_batch)
    yield f"solve_batch({problem}, **{options})"
    for solution in ipgd.solve_batch(problem, **options):
        _look(solution)


def _look(solution):
    """What a user does with a result."""
    repr(solution)
    solution.factors()
    if np.isfinite(solution.theta()).all():
        assert solution.numerical_rank() >= 0
        assert solution.numerical_sparsity() >= 0
