"""Nyström starts: quadratic convergence of scaled methods under full observation."""

import ipgd
import numpy as np
import pytest


def observed(truth):
    """Every entry measured once, with A*A/m = I on the operator's matrices."""
    d1, d2 = truth.shape
    symmetric = d1 == d2
    rows, cols = np.tril_indices(d1) if symmetric else np.indices(truth.shape).reshape(2, -1)
    A = np.zeros((len(rows), d1, d2))
    A[np.arange(len(rows)), rows, cols] = np.sqrt(len(rows))
    if symmetric:  # ||(E_ab + E_ba) / sqrt(2)||_F = 1
        A = (A + A.transpose(0, 2, 1)) / np.where(rows == cols, 2, np.sqrt(2))[:, None, None]
    make = ipgd.operators.DenseSymmetric if symmetric else ipgd.operators.Dense
    operator = make(A)
    assert np.allclose(operator.adjoint(operator.forward(truth)) / len(rows), truth)
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.fixture(scope="module")
def square():
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 3)))[0]
    return observed(U * [1.0, 0.5, 0.2] @ U.T)


@pytest.fixture(scope="module")
def rectangular():
    rng = np.random.default_rng(1)
    return observed(rng.standard_normal((9, 3)) @ rng.standard_normal((3, 7)))


def errors(problem, method, init, rank, steps):
    symmetric = problem.operator.symmetric
    solution = ipgd.solve(
        problem,
        method,
        parameterization=(ipgd.SymmetricFactor if symmetric else ipgd.AsymmetricFactor)(rank),
        init=init,
        max_iter=steps,
        stop=ipgd.Stop(relative_loss=0),
        record=("test_error",),
        rng=9,  # not the truth's, whose column space it would start in
    )
    return solution.history["test_error"]


def test_the_tail_errors_square_at_each_step(square):
    tail = errors(square, ipgd.ScaledGD(0.5, damping=0), ipgd.init.nystrom(), 3, 40)
    assert tail[-1] < 1e-7
    before, after = tail[:-1], tail[1:]
    squared = (before < 1e-1) & (before > 1e-5)  # below it rounding has a share
    assert squared.any()
    orders = np.log(after[squared]) / np.log(before[squared])
    assert np.all(orders > 1.6)
    # From a random start of the same size the rate is linear: 1/2 a step.
    random = errors(square, ipgd.ScaledGD(0.5, damping=0), ipgd.init.gaussian(1.0), 3, 60)
    random = random[(random < 1e-3) & (random > 1e-12)]
    assert len(random) > 20
    assert np.allclose(random[1:] / random[:-1], 0.5, atol=0.05)


def test_the_rectangular_model_arrives_in_one_step(rectangular):
    assert errors(rectangular, ipgd.AltScaledGD(1.0), ipgd.init.nystrom(), 3, 1)[1] < 1e-13


def test_the_start_is_a_sketch_of_the_back_projection(rectangular):
    start = ipgd.solve(
        rectangular,
        parameterization=ipgd.AsymmetricFactor(2),
        init=ipgd.init.nystrom(scale=2.0),
        max_iter=0,
        rng=5,
    ).parameters
    back = rectangular.back_projection()
    omega = np.linalg.lstsq(back.T @ back, back.T @ start["V"], rcond=1e-10)[0]
    assert np.allclose(back @ omega, start["V"])
    assert np.linalg.norm(start["V"], 2) < 8 * np.sqrt(np.linalg.norm(back, 2))
    assert not start["W"].any()


def test_the_start_has_the_size_of_the_solutions_factor(rectangular):
    """E[V Vᵀ] = scale^2 B Bᵀ / ||B||, B = A*(y)/m; the mean of 20 000 columns."""
    k = 20_000
    V = ipgd.solve(
        rectangular,
        parameterization=ipgd.AsymmetricFactor(k),
        init=ipgd.init.nystrom(scale=2.0),
        max_iter=0,
        rng=5,
    ).parameters["V"]
    back = rectangular.back_projection()
    norm = np.linalg.norm(back, 2)
    expected = 4 * back @ back.T / norm
    assert np.abs(V @ V.T - expected).max() < 4 * norm * 5 * np.sqrt(2 / k)


def test_it_starts_completion_without_forming_the_matrix():
    problem = ipgd.matrix_completion(200, 150, 3, fraction=0.3, rng=0)
    tail = errors(problem, ipgd.AltScaledGD(), ipgd.init.nystrom(), 3, 60)
    assert tail[-1] < 1e-3 * tail[0]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="scale: expected a finite positive number, got 0"):
        ipgd.init.nystrom(scale=0)
    with pytest.raises(ValueError, match="init: expected another init for HadamardPower"):
        ipgd.solve(ipgd.sparse_regression(20, 2, 15, rng=0), init=ipgd.init.nystrom())
