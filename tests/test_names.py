"""What a misspelt keyword, quantity or field is answered with."""

import copy
import inspect
import pickle

import ipgd
import numpy as np
import pytest


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: ipgd.solve(p, recrd=("loss",)), r"solve.*'recrd'; did you mean 'record'\?"),
        (lambda p: ipgd.solve_batch(p, seed=range(2)), "solve_batch.*'seed'; did you mean 'seeds'"),
        (lambda p: ipgd.resume(p, "run.npz", maxiter=3), "'maxiter'; did you mean 'max_iter'"),
        (lambda p: ipgd.resume_batch(p, [], maxiter=3), "'maxiter'; did you mean 'max_iter'"),
        (lambda p: ipgd.Stop(relativ_loss=1e-3), "Stop.*; did you mean 'relative_loss'"),
        (lambda p: ipgd.GD(stepsize=0.1), "GD.*; did you mean 'step_size'"),
        (lambda p: ipgd.SymmetricFactor(search_rnk=2), "; did you mean 'search_rank'"),
        (lambda p: ipgd.Huber(dleta=2), "Huber.*; did you mean 'delta'"),
        (lambda p: ipgd.solve(p, zzz=3), "argument 'zzz'$"),
    ],
)
def test_a_misspelt_keyword_is_answered_with_the_right_one(problem, call, words):
    with pytest.raises(TypeError, match=words):
        call(problem)


def test_signatures_and_copies_are_those_of_the_plain_functions_and_values():
    assert list(inspect.signature(ipgd.solve).parameters)[:2] == ["problem", "algorithm"]
    assert list(inspect.signature(ipgd.Stop).parameters) == ["relative_loss", "gradient_norm"]
    assert ipgd.solve.__doc__.startswith("Recover Theta")
    for value in (ipgd.Stop(1e-3), ipgd.GD(0.1), ipgd.DeepFactor(2, 3), ipgd.Huber(2.0)):
        assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize(
    ("model", "name", "words"),
    [
        (None, "test_eror", "got 'test_eror'; did you mean 'test_error'"),
        (ipgd.SymmetricFactor(), "imbalance", "expected names out of loss, .*, got 'imbalance'$"),
        (ipgd.DeepFactor(2), "imbalanc", "imbalance, got 'imbalanc'; did you mean 'imbalance'"),
        (None, "zzz", "got 'zzz'$"),
    ],
)
def test_an_unknown_quantity_is_answered_with_those_of_the_model(problem, model, name, words):
    if isinstance(model, ipgd.DeepFactor):
        problem = ipgd.matrix_sensing(d=(5, 4), rank=1, m=30, rng=0)
    with pytest.raises(ValueError, match=f"record: .*{words}"):
        ipgd.solve(problem, parameterization=model, record=("loss", name))


def test_a_quantity_that_was_not_recorded_says_how_to_record_it(problem, tmp_path):
    solution = ipgd.solve(problem, max_iter=2, rng=0)
    solution.save(tmp_path / "run.npz")
    for kept in (solution, ipgd.load_solution(tmp_path / "run.npz"), copy.deepcopy(solution)):
        with pytest.raises(
            KeyError, match=r"expected one of iteration, loss, got 'test_error'.*rec"
        ):
            kept.history["test_error"]
        with pytest.raises(KeyError, match="got 'los'; did you mean 'loss'"):
            kept.history["los"]
        assert "test_error" not in kept.history
        assert kept.history.get("test_error") is None
        np.testing.assert_array_equal(kept.history["loss"], solution.history["loss"])


def test_a_choice_is_answered_with_the_nearest(problem):
    with pytest.raises(ValueError, match=r"dtype: .*, got 'float23'; did you mean 'float32'"):
        ipgd.matrix_sensing(d=4, rank=1, m=20, dtype="float23")
