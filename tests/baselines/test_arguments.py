"""Arguments that make no sense, in the words of solve."""

import ipgd
import pytest
from ipgd import baselines

METHODS = (baselines.projected_gradient, baselines.nuclear_norm, baselines.soft_impute)


@pytest.fixture(scope="module")
def completion():
    return ipgd.matrix_completion(5, 4, 1, 12, rng=0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"max_iter": -1}, ValueError, "max_iter: expected an integer >= 0, got -1"),
        ({"max_iter": 2.5}, TypeError, "max_iter: expected an integer, got 2.5"),
        ({"record_every": 0}, ValueError, "record_every: expected an integer >= 1, got 0"),
        ({"n_threads": 0}, ValueError, "n_threads: expected an integer >= 1, got 0"),
        ({"progress": 1}, TypeError, "progress: expected True, False or a function, got 1"),
    ],
)
def test_of_all_of_them(method, arguments, error, words, completion):
    with pytest.raises(error, match=words):
        method(completion, **arguments)


@pytest.mark.parametrize("method", METHODS)
def test_progress_is_told_of_all_of_them(method, completion, capsys):
    told = []
    settings = {"rank": 1} if method is baselines.projected_gradient else {}
    solution = method(
        completion, max_iter=3, progress=lambda *figures: told.append(figures), **settings
    )
    assert told[0] == (0, solution.history["loss"][0])
    method(completion, max_iter=3, progress=True, **settings)
    assert capsys.readouterr().out == ""  # the bar goes to stderr, and away


@pytest.mark.parametrize("method", METHODS)
def test_a_problem_is_needed(method):
    with pytest.raises(TypeError, match=r"problem: expected an ipgd\.Problem, got 3"):
        method(3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1e-200, 1e160])
def test_measurements_whose_squares_leave_float64_are_refused(method, size, completion):
    scaled = ipgd.Problem(completion.operator, size * completion.y)
    with pytest.raises(ValueError, match=r"problem: expected measurements between 1e-100 and 1e"):
        method(scaled)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"rank": 2.5}, TypeError, "rank: expected an integer, got 2.5"),
        ({"step_size": 0}, ValueError, "step_size: expected a finite positive number, got 0"),
        ({"relative_loss": -1}, ValueError, "relative_loss: expected a finite number >= 0"),
        ({"init": [[1.0]]}, ValueError, r"init: expected shape \(5, 4\), got \(1, 1\)"),
    ],
)
def test_of_projected_gradient(arguments, error, words, completion):
    with pytest.raises(error, match=words):
        baselines.projected_gradient(completion, "rank", **({"rank": 1} | arguments))


def test_tolerances(completion):
    with pytest.raises(TypeError, match="tolerance: expected a number, got 'a'"):
        baselines.soft_impute(completion, tolerance="a")
    with pytest.raises(ValueError, match="penalty: expected a finite positive number or None"):
        baselines.soft_impute(completion, penalty="a")
