"""Many runs in one loop: of one problem, of one operator, and of different ones."""

import threading
import time

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
        (
            {},
            ValueError,
            r"seeds: expected one value a run, such as seeds=range\(16\), or a sequence",
        ),
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


def test_ctrl_c_keeps_what_there_is_of_every_run(problem, ctrl_c):
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve_batch(
            problem,
            [ipgd.GD(), ipgd.GD(step_size=50.0), ipgd.GD()],
            stop=ipgd.Stop(relative_loss=0),
            max_iter=10**9,
            progress=ctrl_c(begun=100),
            gram=False,  # R would be small, and the runs would not share its passes
        )
    statuses = [solution.status for solution in caught.value.solutions]
    assert statuses == ["interrupted", "diverged", "interrupted"]
    assert caught.value.solutions[0].nit >= 100
    assert all(np.isfinite(s.parameters["U"]).all() for s in caught.value.solutions)


def small(seed, *, m=200, dtype=None):
    """One chunk: in a batch, threads share the runs."""
    return ipgd.matrix_sensing(d=10, rank=2, m=m, rng=seed, dtype=dtype)


def with_noise(problem, seed):
    y = problem.y + np.random.default_rng(seed).standard_normal(problem.m) / 10
    return ipgd.Problem(problem.operator, y, problem.truth)


def as_rectangular(problem):
    """The same measurements by another kind of operator."""
    return ipgd.Problem(ipgd.operators.Dense(problem.operator.to_dense()), problem.y, problem.truth)


def problems_of(kind):
    one, other = small(0), small(1)
    if kind == "one operator":
        return [one, *(with_noise(one, seed) for seed in range(6))]
    if kind == "different operators":
        return [small(seed) for seed in range(5)]
    if kind == "mixed":
        return [one, other, with_noise(one, 2), with_noise(other, 3), one]
    if kind == "kinds and storages":
        return [one, as_rectangular(other), small(2, dtype="int8"), small(3, dtype="float64")]
    large = [ipgd.matrix_sensing(d=30, rank=2, m=900, rng=seed) for seed in (0, 1)]
    return [large[0], large[1], with_noise(large[0], 2)]


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("gram", [False, True])
@pytest.mark.parametrize(
    "kind", ["one operator", "different operators", "mixed", "kinds and storages", "large"]
)
def test_problems_of_a_batch_are_solved_as_alone(kind, gram, n_threads, same_bits):
    problems = problems_of(kind)
    options = {"max_iter": 40, "record": ("loss", "test_error"), "gram": gram}
    batch = ipgd.solve_batch(problems, n_threads=n_threads, **options)
    assert len(batch) == len(problems)
    for k, solution in enumerate(batch):
        same_bits(solution, ipgd.solve(problems[k], rng=k, n_threads=1, **options))


def test_problems_and_other_sequences_go_together(same_bits):
    problems, seeds, step_sizes = problems_of("mixed"), [5, 6, 7, 8, 9], [0.1, 0.2, 0.15, 0.1, 0.05]
    batch = ipgd.solve_batch(problems, seeds=seeds, step_sizes=step_sizes, max_iter=30)
    for k, solution in enumerate(batch):
        alone = ipgd.solve(problems[k], ipgd.GD(step_sizes[k]), rng=seeds[k], max_iter=30)
        same_bits(solution, alone)


@pytest.mark.parametrize("count", [17, 64])
def test_more_small_runs_than_share_a_pass(count, same_bits):
    problem = small(0)
    batch = ipgd.solve_batch(problem, seeds=range(count), max_iter=25, n_threads=3)
    for k in (0, 1, 15, 16, count - 1):
        same_bits(batch[k], ipgd.solve(problem, rng=k, max_iter=25))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (ipgd.matrix_sensing(10, 2, 201, rng=0), r"m=201, .*\) at index 2$"),
        (ipgd.matrix_sensing(11, 2, 200, rng=0), r"11 x 11, .*\) at index 2$"),
        (ipgd.Problem(ipgd.operators.Dense.gaussian(200, 4, 25, rng=0), np.ones(200)), "4 x 25"),
    ],
)
def test_problems_of_different_shapes(other, words):
    expected = (
        r"^problem: expected problems of the same shape, got DenseSymmetric\(m=200, 10 x 10, "
    )
    with pytest.raises(ValueError, match=expected + ".* first and .*" + words):
        ipgd.solve_batch([small(0), small(1), other])


def test_sequences_of_problems_that_make_no_sense():
    with pytest.raises(ValueError, match="problem: expected at least one run, got an empty seq"):
        ipgd.solve_batch([])
    with pytest.raises(ValueError, match=r"inits: expected as many values as problem \(2\), got 1"):
        ipgd.solve_batch([small(0), small(1)], inits=[ipgd.init.zeros()])
    with pytest.raises(ValueError, match=r"seeds: expected as many values as problem \(1\), got 3"):
        ipgd.solve_batch([small(0)], seeds=range(3))
    with pytest.raises(TypeError, match=r"problem: expected an ipgd.Problem, got 'y'"):
        ipgd.solve_batch([small(0), "y"])
    with pytest.raises(TypeError, match=r"problem: expected a sequence with one value a run, got"):
        ipgd.solve_batch(small(seed) for seed in range(2))
    with pytest.raises(TypeError, match=r"problem: expected an ipgd.Problem, got None"):
        ipgd.solve_batch(None, seeds=[0])


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("kind", ["one problem", "mixed", "large"])
def test_ctrl_c_stops_runs_that_threads_share(kind, n_threads, ctrl_c):
    """Also when the run that is followed has ended."""
    press = ctrl_c(begun=100)

    def follow(iteration, loss):
        press(iteration, loss)
        if iteration >= 100:
            raise StopIteration

    problems = [small(0)] * 20 if kind == "one problem" else problems_of(kind)
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve_batch(
            problems,
            ipgd.IPGDPlus(radius=1e-3),
            stop=ipgd.Stop(relative_loss=0),
            max_iter=10**9,
            record=(),
            n_threads=n_threads,
            progress=follow,
        )
    solutions = caught.value.solutions
    assert caught.value.solution is solutions[0]
    assert solutions[0].nit >= 100
    assert solutions[0].status in ("callback", "interrupted")  # whichever came first
    assert [s.status for s in solutions[1:]] == ["interrupted"] * (len(problems) - 1)
    for solution in solutions:
        assert np.isfinite(solution.parameters["U"]).all()
        assert np.isfinite(solution.fun) == (solution.nit > 0)  # some may not have begun


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("kind", ["one operator", "different operators", "large"])
def test_progress_follows_the_first_run_on_the_calling_thread(kind, n_threads, same_bits):
    """And may end it; the others go on."""
    calls = []

    def follow(iteration, loss):
        calls.append((iteration, loss, threading.current_thread() is threading.main_thread()))
        if len(calls) == 2:
            raise StopIteration
        time.sleep(0.12)  # a tenth of a second has to pass between calls

    problems = problems_of(kind)
    options = {"stop": ipgd.Stop(relative_loss=0), "max_iter": 50}
    batch = ipgd.solve_batch(problems, n_threads=n_threads, progress=follow, **options)
    assert [(now[0], now[2]) for now in calls] == [(0, True), (1, True)]
    assert (batch[0].status, batch[0].nit) == ("callback", 1)
    assert calls[1][1] == batch[0].fun
    for k, solution in enumerate(batch[1:], 1):
        same_bits(solution, ipgd.solve(problems[k], rng=k, **options))


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("kind", ["one operator", "mixed", "large"])
def test_what_a_progress_function_raises_comes_out(kind, n_threads):
    problems = problems_of(kind)

    def fail(*_):
        raise ZeroDivisionError("from the progress function")

    with pytest.raises(ZeroDivisionError, match="from the progress function"):
        ipgd.solve_batch(problems, progress=fail, n_threads=n_threads)
    assert all(solution.nit == 5 for solution in ipgd.solve_batch(problems, max_iter=5))


def test_an_error_of_one_run_names_it(problem):
    with pytest.raises(ValueError, match=r"step_size: .*, got -1.0 \(run 1 of the batch\)"):
        ipgd.solve_batch(problem, step_sizes=[0.1, -1.0])
