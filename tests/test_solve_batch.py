"""Many runs of one problem that share each pass over A."""

import os
import signal
import threading

import ipgd
import numpy as np
import pytest

RECORD = ("loss", "test_error", "perturbation", "singular_values")


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(d=30, rank=2, m=900, rng=0)


def assert_same_bits(one, other):
    assert (one.status, one.nit, one.fun) == (other.status, other.nit, other.fun)
    np.testing.assert_array_equal(one.parameters["U"], other.parameters["U"])
    assert list(one.history) == list(other.history)
    for name, values in one.history.items():
        np.testing.assert_array_equal(values, other.history[name])


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_each_run_has_the_bits_it_has_alone(n_threads, dtype, count):
    problem = ipgd.matrix_sensing(d=30, rank=2, m=900, rng=0, dtype=dtype)
    scales = 10.0 ** -np.arange(1, count + 1)
    options = {"max_iter": 60, "record": RECORD, "record_every": 7, "n_threads": n_threads}
    inits = [ipgd.init.gaussian(scale) for scale in scales]
    for k, solution in enumerate(ipgd.solve_batch(problem, inits=inits, **options)):
        assert_same_bits(solution, ipgd.solve(problem, init=inits[k], rng=k, **options))


def test_runs_of_different_kinds_end_each_in_its_own_way(problem):
    """Kicks, re-evaluations and early ends of some must not disturb the others."""
    algorithms = [
        ipgd.GD(),
        ipgd.GD(step_size=50.0),
        ipgd.PGD(window=30),
        ipgd.IPGD(radius=1e-3, step_size=0.2),
        ipgd.IPGDPlus(radius=1e-6),
        ipgd.IPGD(radius=1e-8, window=20, decrease_threshold=1e3),
    ]
    inits = [ipgd.init.gaussian(1e-3)] * 3 + [ipgd.init.zeros()] * 3
    options = {"max_iter": 300, "record": RECORD}
    batch = ipgd.solve_batch(problem, algorithms, inits=inits, seeds=range(6), **options)
    alone = [ipgd.solve(problem, algorithms[k], init=inits[k], rng=k, **options) for k in range(6)]
    for one, other in zip(batch, alone, strict=True):
        assert_same_bits(one, other)
    assert {s.status for s in batch} >= {"relative_loss", "diverged", "second_order"}


def test_step_sizes_and_radii_replace_those_of_the_algorithm(problem):
    step_sizes, radii = [0.1, 0.2], [1e-3, 1e-4]
    batch = ipgd.solve_batch(
        problem, ipgd.IPGDPlus(), step_sizes=step_sizes, radii=radii, max_iter=5
    )
    for solution, step_size, radius in zip(batch, step_sizes, radii, strict=True):
        assert solution.settings["algorithm"]["step_size"] == step_size
        assert solution.settings["algorithm"]["radius"] == radius


def test_seeds_make_the_runs_differ_and_repeat(problem):
    first, second, third = ipgd.solve_batch(problem, seeds=[1, 2, 1], max_iter=5)
    assert_same_bits(first, third)
    assert not np.array_equal(first.parameters["U"], second.parameters["U"])


def test_asymmetric_models_and_rectangular_operators():
    operator = ipgd.operators.Dense.gaussian(300, 9, 7, rng=0)
    problem = ipgd.Problem(operator, operator.forward(np.outer(range(9), range(7))))
    batch = ipgd.solve_batch(problem, seeds=range(3), max_iter=40)
    for k, solution in enumerate(batch):
        alone = ipgd.solve(problem, rng=k, max_iter=40)
        for name in ("V", "W"):
            np.testing.assert_array_equal(solution.parameters[name], alone.parameters[name])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, ValueError, "expected at least one sequence of algorithm, inits, step_sizes, radii"),
        ({"seeds": []}, ValueError, "seeds: expected at least one run, got an empty sequence"),
        ({"seeds": [1, 2], "step_sizes": [0.1]}, ValueError, r"seeds: expected as many values as"),
        (
            {"inits": [ipgd.init.zeros()], "step_sizes": [0.1, 0.2]},
            ValueError,
            r"step_sizes: expected as many values as inits \(1\), got 2",
        ),
        ({"step_sizes": 0.1}, TypeError, "step_sizes: expected a sequence with one value a run"),
        ({"radii": [0.1]}, ValueError, "radii: expected an algorithm with a radius, got GD"),
        ({"step_sizes": [-1.0]}, ValueError, "step_size: expected a finite positive number"),
        ({"inits": [np.ones((3, 3))]}, ValueError, r"init: expected shape \(30, 30\), got"),
        ({"algorithm": ["gd"]}, TypeError, "algorithm: expected an ipgd algorithm"),
        ({"seeds": [0], "progress": 3}, TypeError, "progress: expected True, False or a function"),
    ],
)
def test_settings_that_make_no_sense(problem, arguments, error, words):
    with pytest.raises(error, match=words):
        ipgd.solve_batch(problem, **arguments)


def test_ctrl_c_keeps_what_there_is_of_every_run(problem):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve_batch(
            problem,
            [ipgd.GD(step_size=50.0), ipgd.GD(), ipgd.GD()],
            stop=ipgd.Stop(relative_loss=0),
            max_iter=10**9,
        )
    statuses = [solution.status for solution in caught.value.solutions]
    assert statuses == ["diverged", "interrupted", "interrupted"]
    assert all(np.isfinite(s.parameters["U"]).all() for s in caught.value.solutions)
