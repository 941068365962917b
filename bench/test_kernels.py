"""Timings of the kernels by pytest-benchmark, so that a regression is seen; no time is asserted.

pytest bench/test_kernels.py --benchmark-autosave
pytest bench/test_kernels.py --benchmark-compare
"""

import ipgd
import numpy as np
import pytest

pytest.importorskip("pytest_benchmark")

D, M = 60, 1500  # 11 MB of packed float64: more than a core's own caches
BATCH = 16
STEPS = 5
DTYPES = ("float64", "float32", "bfloat16", "int8")


@pytest.fixture(scope="module", params=DTYPES)
def problem(request):
    """The same sizes in every storage."""
    return ipgd.matrix_sensing(d=D, rank=3, m=M, rng=0, dtype=request.param, noise=0.01)


@pytest.fixture(scope="module")
def starts():
    """Starting points, far from the solution."""
    return 0.3 / np.sqrt(D) * np.random.default_rng(0).standard_normal((BATCH, D, D))


def settings(steps=STEPS):
    """Plain gradient descent for a fixed number of steps, on A itself."""
    return {
        "parameterization": ipgd.SymmetricFactor(D),
        "max_iter": steps,
        "stop": ipgd.Stop(relative_loss=0.0),
        "record": (),
        "gram": False,
    }


def test_forward(benchmark, problem):
    """Y = A(Theta)."""
    y = benchmark(problem.operator.forward, problem.truth)
    assert y.shape == (M,)


def test_adjoint(benchmark, problem):
    """G = sum_i r_i A_i."""
    G = benchmark(problem.operator.adjoint, problem.y)
    assert G.shape == (D, D)


def test_residual_adjoint(benchmark, problem):
    """Both in one pass."""
    r, G = benchmark(problem.operator.residual_adjoint, problem.truth, problem.y)
    assert r.shape == (M,)
    assert G.shape == (D, D)


def test_solve(benchmark, problem, starts):
    """A few steps of one run."""
    algorithm = ipgd.GD(step_size=0.25)
    solution = benchmark(ipgd.solve, problem, algorithm, init=starts[0], **settings())
    assert solution.nit == STEPS


def test_solve_batch(benchmark, problem, starts):
    """A few steps of runs that share each pass."""
    algorithm = ipgd.GD(step_size=0.25)
    solutions = benchmark(ipgd.solve_batch, problem, algorithm, inits=list(starts), **settings())
    assert [solution.nit for solution in solutions] == [STEPS] * BATCH


@pytest.mark.parametrize("dtype", DTYPES)
def test_fill_gaussian(benchmark, dtype):
    """Draw the ensemble."""
    operator = benchmark(ipgd.operators.DenseSymmetric.gaussian, M, D, rng=0, dtype=dtype)
    assert operator.shape == (M, D * D)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_fill_from_an_array(benchmark, dtype):
    """Store given matrices."""
    A = ipgd.operators.DenseSymmetric.gaussian(M, D, rng=0).to_dense()
    operator = benchmark(ipgd.operators.DenseSymmetric, A, dtype=dtype)
    assert operator.storage == dtype
