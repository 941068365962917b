"""Truncated, trace-corrected gradient descent for quadratic networks."""

import ipgd
import numpy as np
import pytest
from ipgd.experiments import quadratic


@pytest.fixture(scope="module")
def network():
    return quadratic.network(6, 2, 200)


@pytest.mark.parametrize("truncation", [4.0, np.inf])
def test_it_agrees_with_numpy(network, truncation):
    A, y, m = network.operator.to_dense(), network.y, network.m
    U, eta = 0.7 * np.random.default_rng(0).standard_normal((6, 3)), 0.02
    solution = ipgd.solve(
        network,
        ipgd.TruncatedGD(eta, truncation),
        parameterization=ipgd.SymmetricFactor(3),
        init=U,
        max_iter=10,
        stop=ipgd.Stop(relative_loss=0),
    )
    left_out = 0
    for _ in range(10):
        image = np.einsum("iab,ab->i", A, U @ U.T)
        kept = image <= truncation
        left_out += np.count_nonzero(~kept)
        G = np.einsum("i,iab->ab", np.where(kept, image - y, 0), A) / m
        U = (U - eta * G @ U) / (1 - eta * (np.sum(U**2) - y.mean()))
    assert (left_out > 0) == np.isfinite(truncation)
    assert np.linalg.norm(solution.parameters["U"] - U) <= 1e-11 * np.linalg.norm(U)
    assert solution.settings["operator"]["gram"] is False


def test_plain_descent_generalises_from_a_small_start_and_not_from_a_large_one():
    """Li, Ma, Zhang (2018), section 5: d = 100, r = 3, m = 8 d r."""
    (row,) = quadratic.compare(100, 3, (8,), max_iter=1500)
    assert row.plain_small < 2e-2
    assert row.plain_large > 0.1


def test_the_corrected_method_has_a_floor_that_falls_with_the_error_of_the_trace():
    """The floor: 0.5 to 3 times the relative error of mean(y), which falls like m^(-1/2)."""
    rows = quadratic.compare(15, 2, (8, 32, 128), max_iter=3000)
    for row in rows:
        assert 0.3 * row.trace_error < row.corrected < 4 * row.trace_error
        assert row.plain_small < 0.1 * row.corrected
    assert rows[-1].corrected < rows[0].corrected / 2


def test_it_prints_and_draws(tmp_path, capsys, monkeypatch):
    quadratic.main(["--output", str(tmp_path / "picture.png")], 8, 1, (6, 12), max_iter=50)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["samples", "48", "96"]
    monkeypatch.setattr(quadratic, "compare", lambda *_, **__: pytest.fail("measured"))
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        quadratic.main(["--output", str(tmp_path / "no" / "picture.png")])


def test_the_automatic_truncation_needs_a_positive_mean(network):
    negative = ipgd.Problem(network.operator, -network.y)
    with pytest.raises(ValueError, match=r"truncation: expected a positive number .* got 'auto'"):
        ipgd.solve(negative, ipgd.TruncatedGD())


def test_other_models_are_refused(rectangular_problem):
    method = ipgd.TruncatedGD(truncation=np.inf)
    with pytest.raises(ValueError, match=r"algorithm: .* \(RankOne\(X\)\), got TruncatedGD"):
        ipgd.solve(rectangular_problem, method)
    square = ipgd.Problem(ipgd.operators.RankOne(np.eye(3)), np.ones(3))
    with pytest.raises(ValueError, match="parameterization: expected SymmetricFactor"):
        ipgd.solve(square, method, parameterization=ipgd.AsymmetricFactor(2))


@pytest.mark.parametrize("dtype", [None, "bfloat16", "int8"])
def test_matrices_of_rank_one_are_known_and_others_refused(problem, dtype):
    """Its correction would take out a trace that isotropic ensembles do not add."""
    x = np.random.default_rng(0).standard_normal((30, 7))
    squares = ipgd.operators.DenseSymmetric(x[:, :, None] * x[:, None, :], dtype=dtype)
    assert squares.quadratic_forms
    method = ipgd.TruncatedGD(1e-3)
    ipgd.solve(ipgd.Problem(squares, np.ones(30)), method, max_iter=1)
    assert not problem.operator.quadratic_forms
    with pytest.raises(ValueError, match=r"algorithm: expected one for any measurements, or y_i ="):
        ipgd.solve(problem, method)
    bilinear = ipgd.operators.RankOne.gaussian(30, 7, 7, rng=0)
    negative = ipgd.operators.DenseSymmetric(-x[:, :, None] * x[:, None, :])
    assert not bilinear.quadratic_forms
    assert not negative.quadratic_forms


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_truncation_acts_where_some_inputs_are_too_large(seed):
    """Inputs read five times too large; from a start of the truth's size."""
    rng = np.random.default_rng(seed)
    X, U = rng.standard_normal((1000, 10)), rng.standard_normal((10, 2))
    U /= np.linalg.norm(U, axis=0)
    y = ((X @ U) ** 2).sum(axis=1)
    wrong = rng.random(1000) < 0.01
    X[wrong] *= 5
    problem = ipgd.QuadraticRegression(X, y, (U, U))
    left_out = ((X @ U) ** 2).sum(axis=1) > 10 * y.mean()
    assert left_out[wrong].sum() >= 5
    assert not left_out[~wrong].any()

    def error(method):
        solution = ipgd.solve(
            problem,
            method,
            init=ipgd.init.gaussian(0.7),
            record=("test_error",),
            record_every=4000,
            max_iter=4000,
            rng=0,
        )
        return solution.history["test_error"][-1]

    assert error(ipgd.TruncatedGD(0.02)) < 0.2
    assert error(ipgd.TruncatedGD(0.002, np.inf)) > 0.5


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="truncation: expected a finite positive number, got 0"):
        ipgd.TruncatedGD(truncation=0)
    with pytest.raises(ValueError, match="step_size: expected a finite positive number, got -1"):
        ipgd.TruncatedGD(step_size=-1)
