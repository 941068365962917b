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
    """At d = 50, r = 2, m = 8 d r; the paper's size is in ipgd.experiments.quadratic."""
    (row,) = quadratic.compare(50, 2, (8,), max_iter=3000)
    assert row.plain_small < 2e-2
    assert row.plain_large > 0.2


def test_the_corrected_method_has_a_floor_that_falls_with_the_error_of_the_trace():
    """The floor: 0.5 to 3 times the relative error of mean(y), which falls like m^(-1/2)."""
    rows = quadratic.compare(15, 2, (8, 32, 128), max_iter=3000)
    for row in rows:
        assert 0.3 * row.trace_error < row.corrected < 4 * row.trace_error
        assert row.plain_small < 0.1 * row.corrected
    assert rows[-1].corrected < rows[0].corrected / 2


def test_it_prints_and_draws(tmp_path, capsys, monkeypatch):
    size = ["--d", "8", "--rank", "1", "--multiples", "6", "12", "--max-iter", "50"]
    quadratic.main(["--output", str(tmp_path / "picture.png"), *size])
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["m", "48", "96"]
    monkeypatch.setattr(quadratic, "compare", lambda *_, **__: pytest.fail("measured"))
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        quadratic.main(["--output", str(tmp_path / "no" / "picture.png")])


def test_the_automatic_truncation_needs_a_positive_mean(network):
    negative = ipgd.Problem(network.operator, -network.y)
    with pytest.raises(ValueError, match=r"truncation: expected a positive number .* got 'auto'"):
        ipgd.solve(negative, ipgd.TruncatedGD())


def test_other_models_are_refused(rectangular_problem):
    with pytest.raises(ValueError, match=r"algorithm: .* a trace correction"):
        ipgd.solve(rectangular_problem, ipgd.TruncatedGD(truncation=np.inf))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="truncation: expected a finite positive number, got 0"):
        ipgd.TruncatedGD(truncation=0)
    with pytest.raises(ValueError, match="step_size: expected a finite positive number, got -1"):
        ipgd.TruncatedGD(step_size=-1)
