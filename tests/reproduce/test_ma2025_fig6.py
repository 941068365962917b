"""Basis functions and their coefficients: the three instances."""

import ipgd
import numpy as np
import pytest
from ipgd.reproduce.figures import ma2025_fig6 as basis


def growth(name, beta, sigma, eta):
    """One step of beta from a start that is diagonal in the basis."""
    if name == "tensor":  # u <- u + 4 eta (sigma - u^4) u^3
        u = beta**0.25
        return (u + 4 * eta * (sigma - u**4) * u**3) ** 4
    return beta * (1 + eta * (sigma - beta)) ** 2  # u <- u + eta (sigma - u^2) u


INSTANCES = {
    "symmetric": basis.symmetric,
    "asymmetric": basis.asymmetric,
    "tensor": lambda: basis.tensor(4, (10, 5, 3), 2000, 0.3),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_coefficients_of_a_diagonal_start_follow_their_own_equations(name):
    """Then every beta_i moves as if it were alone, to rounding."""
    instance = INSTANCES[name]()
    solution = instance.solve(ipgd.init.scaled_identity(max(instance.scale, 1e-3)))
    betas = solution.history["coefficients"]
    n = betas.shape[1]
    assert len(betas) == instance.max_iter + 1
    truth = np.tensordot(instance.problem.basis, instance.problem.truth, axes=2)
    assert np.count_nonzero(truth) < n
    expected = growth(name, betas[:-1], truth, instance.step_size)
    assert betas[1:] == pytest.approx(expected, rel=1e-6 if name == "tensor" else 1e-12)
    on = truth > 0
    assert betas[-1, on] == pytest.approx(truth[on], rel=1e-6)
    # one after the other, the largest first
    half = np.argmax(betas[:, on] > truth[on] / 2, axis=0)
    assert (np.diff(half) > 0).all()


@pytest.mark.parametrize("name", ["symmetric", "asymmetric"])
def test_from_a_random_start_the_truth_is_found_and_the_rest_stays_small(name):
    instance = INSTANCES[name]()
    solution = instance.solve()
    truth = np.tensordot(instance.problem.basis, instance.problem.truth, axes=2)
    betas = solution.history["coefficients"]
    assert np.abs(betas[-1] - truth).max() < 1e-3
    assert np.abs(betas[:, truth == 0]).max() < (1e-9 if name == "symmetric" else 1e-3)
    assert solution.history["test_error"][-1] < 1e-3


def test_a_random_tensor_is_found_up_to_the_fourth_power_of_the_start():
    """Half the start leaves a 2^4 times smaller error once the truth is found.

    The error goes on falling, faster from larger starts, so that it is compared soon after. Now and
    then a truth is not found in this time, so the claim is one about medians.
    """
    values = np.array([10, 5, 3])

    def error(seed, scale, max_iter):
        start = scale * np.random.default_rng(seed).standard_normal((6, 6))
        history = basis.tensor(6, values, max_iter).solve({"U": start}).history
        found = np.abs(history["coefficients"][:, :3] / values - 1).max(axis=1) < 1e-3
        soon = history["iteration"][np.argmax(found)] + 500 if found[-1] else max_iter
        return history["test_error"][history["iteration"] <= soon][-1]

    errors = np.array([[error(s, 0.1, 6000), error(s, 0.05, 24_000)] for s in range(5)])
    assert np.median(errors[:, 1]) < 1e-3
    assert 10 < np.median(errors[:, 0] / errors[:, 1]) < 20


def test_coefficients_are_recorded_in_the_problems_basis(rectangular_problem):
    rng = np.random.default_rng(0)
    functions = np.linalg.qr(rng.standard_normal((35, 3)))[0].T.reshape(3, 7, 5)
    problem = ipgd.Problem(
        rectangular_problem.operator, rectangular_problem.y, rectangular_problem.truth, functions
    )
    record = ("coefficients", "test_error", "signal_norm")
    for names in (record, record[:1]):
        solution = ipgd.solve(problem, record=names, max_iter=30, rng=0)
        betas = solution.history["coefficients"]
        assert betas.shape == (31, 3)
        expected = np.einsum("iab,ab->i", functions, solution.theta())
        assert betas[-1] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="record: expected a problem with a basis to record"):
        ipgd.solve(rectangular_problem, record=("coefficients",))


def test_a_basis_has_to_be_orthonormal(rectangular_problem):
    operator, y = rectangular_problem.operator, rectangular_problem.y
    with pytest.raises(ValueError, match="basis: expected orthonormal matrices, got in"):
        ipgd.Problem(operator, y, None, np.ones((2, 7, 5)))
    with pytest.raises(ValueError, match=r"basis: expected shape \(any, 7, 5\)"):
        ipgd.Problem(operator, y, None, np.ones((7, 5)))


def test_a_tensor_is_a_vector_of_a_power_of_d_entries(problem):
    operator = ipgd.operators.Dense(np.ones((1, 16, 1)))
    vector = ipgd.Problem(operator, [1.0], np.ones((16, 1)))
    solution = ipgd.solve(vector, parameterization=ipgd.SymmetricTensor(4, 3), max_iter=2, rng=0)
    assert solution.parameters["U"].shape == (2, 3)
    U = solution.parameters["U"]
    assert solution.theta()[:, 0] == pytest.approx(
        np.einsum("aj,bj,cj,dj->abcd", U, U, U, U).reshape(-1), rel=1e-12
    )
    assert ipgd.solve(vector, parameterization=ipgd.SymmetricTensor(2), max_iter=0).parameters[
        "U"
    ].shape == (4, 4)
    for wrong in (vector, problem):
        with pytest.raises(ValueError, match=r"parameterization: expected an operator on vectors"):
            ipgd.solve(wrong, parameterization=ipgd.SymmetricTensor(3))
    with pytest.raises(ValueError, match="init: expected one that needs no singular vectors"):
        ipgd.solve(
            vector, parameterization=ipgd.SymmetricTensor(4), init=ipgd.init.spectral(), max_iter=0
        )
