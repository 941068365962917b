"""What solve does with a problem, besides its numbers."""

import io
import sys

import ipgd
import numpy as np
import pytest
import rich.console
from ipgd._support.progress import progress_bar


def test_defaults_recover_the_matrix(problem):
    solution = ipgd.solve(problem, rng=0)
    error = np.linalg.norm(solution.theta() - problem.truth) / np.linalg.norm(problem.truth)
    assert error < 1e-4
    assert solution.success
    assert solution.status == "relative_loss"
    assert solution.parameters["U"].shape == (10, 10)
    assert solution.numerical_rank() == 2


def test_defaults_recover_a_rectangular_matrix(rectangular_problem):
    solution = ipgd.solve(rectangular_problem, record=("test_error",), rng=0)
    assert solution.history["test_error"][-1] < 1e-4
    assert solution.parameters["V"].shape == (7, 5)
    assert solution.parameters["W"].shape == (5, 5)
    assert solution.settings["parameterization"] == {
        "name": "AsymmetricFactor",
        "search_rank": None,
    }
    assert solution.numerical_rank() == 2


def test_defaults_recover_without_a_truth(problem):
    blind = ipgd.Problem(problem.operator, problem.y)
    a, b = ipgd.solve(blind, rng=0), ipgd.solve(problem, rng=0)
    assert a.parameters["U"].tobytes() == b.parameters["U"].tobytes()


@pytest.mark.parametrize("search_rank", [1, 2, 10, 25])
def test_any_search_rank(problem, search_rank):
    solution = ipgd.solve(
        problem, parameterization=ipgd.SymmetricFactor(search_rank), rng=0, max_iter=3000
    )
    assert solution.parameters["U"].shape == (10, search_rank)
    assert solution.success == (search_rank >= 2)


def test_sizes_one():
    problem = ipgd.Problem(ipgd.operators.DenseSymmetric([[[2.0]]]), [6.0], [[3.0]])
    solution = ipgd.solve(problem, record=("test_error", "singular_values"), rng=0)
    assert solution.success
    assert solution.theta() == pytest.approx(np.array([[3.0]]), rel=1e-4)


def test_the_run_is_described(problem):
    solution = ipgd.solve(
        problem, ipgd.GD(0.25), parameterization=ipgd.SymmetricFactor(3), max_iter=5, rng=0
    )
    for_the_reader = {
        name: value
        for name, value in solution.settings.items()
        if name not in ("estimates", "keys", "fingerprint")
    }
    assert for_the_reader == {
        "parameterization": {"name": "SymmetricFactor", "search_rank": 3},
        "algorithm": {"name": "GD", "step_size": 0.25},
        "operator": {
            "name": "DenseSymmetric",
            "matrix_shape": [10, 10],
            "storage": "float32",
            "gram": True,
        },
        "loss": None,
        "init": "gaussian(scale='auto')",
        "rng": 0,
        "max_iter": 5,
        "stop": {"relative_loss": 1e-10, "gradient_norm": 0.0},
        "record": ["loss"],
        "record_every": 1,
        "n_singular_values": 10,
        "given": {"name": "GD", "step_size": 0.25},
        "isa": ipgd._core.isa,
    }
    told = str(solution)
    for word in ("GD on SymmetricFactor", "float32, R of A = QR", ipgd._core.isa):
        assert word in told
    assert (solution.nit, solution.status, solution.success) == (5, "max_iter", False)
    assert "Raise max_iter" in solution.message


def test_no_iterations_at_all(problem):
    init = np.full((10, 2), 0.1)
    solution = ipgd.solve(
        problem, parameterization=ipgd.SymmetricFactor(2), init=init, max_iter=0, record=("loss",)
    )
    assert (solution.status, solution.nit) == ("max_iter", 0)
    assert np.array_equal(solution.parameters["U"], init)
    assert solution.history["iteration"].tolist() == [0]
    assert solution.history["loss"].tolist() == [solution.fun]


def test_the_stopping_rules_of_gradient_descent(problem):
    at_zero = problem.y @ problem.y / (4 * problem.m)
    for tolerance in (1e-2, 1e-6):
        solution = ipgd.solve(problem, stop=ipgd.Stop(relative_loss=tolerance), rng=0)
        assert solution.status == "relative_loss"
        losses = solution.history["loss"] / at_zero
        assert losses[-1] <= tolerance < losses[-2]
        assert solution.train_error == pytest.approx(np.sqrt(losses[-1]), rel=1e-12)
    solution = ipgd.solve(
        problem,
        init=ipgd.init.spectral(),
        stop=ipgd.Stop(relative_loss=0, gradient_norm=1e-3),
        record=("gradient_norm",),
    )
    assert (solution.status, solution.success) == ("gradient_norm", True)
    assert solution.history["gradient_norm"][-1] <= 1e-3 < solution.history["gradient_norm"][-2]


def test_zero_stays_zero_and_says_so(problem):
    solution = ipgd.solve(problem, init=ipgd.init.zeros())
    assert (solution.status, solution.success, solution.nit) == ("stuck", False, 0)
    assert not solution.parameters["U"].any()
    assert "IPGD" in solution.message


@pytest.mark.parametrize("method", [ipgd.GD, ipgd.PGD, ipgd.IPGD, ipgd.IPGDPlus])
def test_divergence_returns_the_last_finite_iterate(problem, method):
    solution = ipgd.solve(
        problem,
        method(step_size=100.0),
        init=ipgd.init.gaussian(0.1),
        record=("loss", "gradient_norm"),
        rng=0,
    )
    assert (solution.status, solution.success) == ("diverged", False)
    assert "smaller step size" in solution.message
    assert np.isfinite(solution.parameters["U"]).all()
    assert np.isfinite([solution.fun, solution.gradient_norm, solution.train_error]).all()
    for values in solution.history.values():
        assert np.isfinite(values).all()
    assert solution.nit >= 1
    assert solution.history["iteration"][-1] == solution.nit
    assert solution.history["loss"][-1] == solution.fun
    U = solution.parameters["U"]
    residual = problem.operator.forward(U @ U.T) - problem.y
    assert residual @ residual / (4 * problem.m) == pytest.approx(solution.fun, rel=1e-9)


def test_a_start_with_an_infinite_loss_has_diverged_at_once(problem):
    init = np.zeros((10, 1))
    init[0] = 1e100  # U Uᵀ is finite, its residual squared is not
    with np.errstate(over="ignore"):
        solution = ipgd.solve(problem, parameterization=ipgd.SymmetricFactor(1), init=init)
    assert (solution.status, solution.nit) == ("diverged", 0)
    assert np.array_equal(solution.parameters["U"], init)


def test_thread_counts_and_recording_do_not_touch_the_iterates(problem):
    plain = ipgd.solve(problem, rng=0)
    busy = ipgd.solve(
        problem,
        rng=0,
        record=("test_error", "singular_values"),
        record_every=7,
        callback=lambda now: None,
        progress=lambda iteration, loss: None,
        n_threads=2,
    )
    assert plain.parameters["U"].tobytes() == busy.parameters["U"].tobytes()
    assert plain.nit == busy.nit


def test_results_are_the_callers_own(problem):
    init = np.full((10, 2), 0.1)
    kept = init.copy()
    one = ipgd.solve(problem, parameterization=ipgd.SymmetricFactor(2), init=init, max_iter=3)
    assert np.array_equal(init, kept)
    end = one.parameters["U"].copy()
    one.parameters["U"][:] = 0
    two = ipgd.solve(problem, parameterization=ipgd.SymmetricFactor(2), init=init, max_iter=3)
    assert np.array_equal(two.parameters["U"], end)
    assert two.parameters["U"].flags.owndata


def test_a_zero_truth(problem):
    nothing = ipgd.Problem(problem.operator, np.zeros(problem.m), np.zeros((10, 10)))
    solution = ipgd.solve(
        nothing,
        init=ipgd.init.scaled_identity(0.1),
        record=("test_error", "train_error", "signal_norm", "residual_norm"),
        max_iter=10,
    )
    assert solution.status == "max_iter"
    history = solution.history
    assert not history["signal_norm"].any()
    assert history["residual_norm"][0] == pytest.approx(0.1 * np.sqrt(10))
    assert history["test_error"][0] == pytest.approx(0.01 * np.sqrt(10))  # there is no scale to it
    assert np.all(np.diff(history["test_error"]) < 0)


def test_progress_as_a_function_is_told_of_the_run(chunked_problem):
    seen = []
    solution = ipgd.solve(
        chunked_problem,
        ipgd.IPGDPlus(),
        max_iter=300,
        record_every=1000,
        progress=lambda iteration, loss: seen.append((iteration, loss)),
        stop=ipgd.Stop(relative_loss=0),
    )
    assert seen
    iterations = [iteration for iteration, _ in seen]
    assert iterations == sorted(set(iterations))
    assert iterations[-1] <= solution.nit
    assert all(isinstance(loss, float) and np.isfinite(loss) for _, loss in seen)


def test_progress_bar_is_drawn_on_standard_error(problem, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    ipgd.solve(problem, progress=True, max_iter=20, rng=0)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "solving" in captured.err
    assert "/20" in captured.err


def test_progress_bar_shows_iterations_and_loss(monkeypatch):
    text = io.StringIO()
    terminal = rich.console.Console(file=text, force_terminal=True, width=100)
    monkeypatch.setattr(rich.console, "Console", lambda **_: terminal)
    with progress_bar(50) as update:
        update(20, 0.125)
    assert "20/50" in text.getvalue()
    assert "loss 1.25e-01" in text.getvalue()


def test_errors_in_a_progress_function_come_out(problem):
    def fail(iteration, loss):
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        ipgd.solve(problem, progress=fail)


def test_the_bar_needs_rich(problem, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(ImportError, match=r"progress=True needs rich: pip install 'ipgd\[cli\]'"):
        ipgd.solve(problem, progress=True)


def test_a_budget_that_ran_out_tells_what_the_model_and_the_storage_cannot_do():
    psd, digits = "U Uᵀ fits positive semidefinite matrices only", "more digits than int8 has"
    for shape, dtype, told in (
        (8, None, {psd: True, digits: False}),
        ((8, 6), None, {psd: False, digits: False}),
        ((8, 6), "int8", {psd: False, digits: True}),
    ):
        problem = ipgd.matrix_sensing(d=shape, rank=1, m=80, rng=0, dtype=dtype)
        message = ipgd.solve(problem, max_iter=1, rng=0).message
        assert {words: words in message for words in told} == told
        assert "roughly" not in ipgd.solve(problem, rng=0).message


def test_a_gradient_norm_that_holds_at_a_small_start_is_warned_of(problem):
    stop = ipgd.Stop(relative_loss=0, gradient_norm=1e-3)
    with pytest.warns(UserWarning, match="as small at the start, where y is not fitted") as caught:
        ended = ipgd.solve(problem, stop=stop, rng=0)
    assert caught[0].filename == __file__
    assert (ended.status, ended.nit) == ("gradient_norm", 0)
    assert "lower gradient_norm" in ended.message
    with pytest.warns(UserWarning, match="not fitted") as caught:
        ipgd.solve_batch(problem, seeds=[0, 1], stop=stop)
    assert [one.filename for one in caught] == [__file__] * 2
    # No warning (an error in this suite) where the run moved, where the start fits y, and where it
    # was said before.
    moved = ipgd.solve(problem, init=ipgd.init.gaussian(0.5), stop=stop, rng=0)
    assert moved.nit > 0
    again = ipgd.solve(problem, init=moved.parameters, stop=stop, rng=0)
    assert (again.status, again.nit, again.message) == ("gradient_norm", 0, moved.message)
    ipgd.resume(problem, ended)
