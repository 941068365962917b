"""Scaled gradient methods beside numpy, and their iteration counts."""

import ipgd
import numpy as np
import pytest

STEPS = 12


def residual_gradient(problem, theta):
    """The residual r, and A*(r)/m."""
    A = problem.operator.to_dense()
    r = np.einsum("iab,ab->i", A, theta) - problem.y
    return r, np.einsum("i,iab->ab", r, A) / problem.m


def start(problem, k, seed=1):
    d1, d2 = problem.operator.matrix_shape
    rng = np.random.default_rng(seed)
    if problem.operator.symmetric:
        return {"U": 0.5 * rng.standard_normal((d1, k))}
    return {"V": 0.5 * rng.standard_normal((d1, k)), "W": 0.5 * rng.standard_normal((d2, k))}


def solved(problem, method, init, steps=STEPS):
    k = next(iter(init.values())).shape[1]
    model = ipgd.SymmetricFactor(k) if "U" in init else ipgd.AsymmetricFactor(k)
    return ipgd.solve(
        problem,
        method,
        parameterization=model,
        init=init,
        max_iter=steps,
        stop=ipgd.Stop(relative_loss=0),
    )


def close(solution, expected, tolerance=1e-10):
    for name, block in expected.items():
        error = np.linalg.norm(solution.parameters[name] - block) / np.linalg.norm(block)
        assert error <= tolerance, name


@pytest.mark.parametrize("damping", [0.0, 0.2, "loss"])
def test_scaled_descent_of_a_symmetric_factor_agrees_with_numpy(problem, damping):
    init = start(problem, 3)
    U, eta = init["U"], 0.2
    for _ in range(STEPS):
        r, G = residual_gradient(problem, U @ U.T)
        lam = np.sqrt(r @ r / (4 * problem.m)) if damping == "loss" else damping
        U = U - eta * G @ U @ np.linalg.inv(U.T @ U + lam * np.eye(3))
    close(solved(problem, ipgd.ScaledGD(step_size=eta, damping=damping), init), {"U": U})


def two_factor_steps(problem, init, eta, damping, *, alternating=False):
    """V and W after STEPS steps; W's gradient and metric at the new V when `alternating`."""
    V, W = init["V"], init["W"]

    def divided(gradient, other, r):
        lam = np.sqrt(r @ r / (2 * problem.m)) if damping == "loss" else damping
        return gradient @ other @ np.linalg.inv(other.T @ other + lam * np.eye(2))

    for _ in range(STEPS):
        r, G = residual_gradient(problem, V @ W.T)
        new = V - eta * divided(G, W, r)
        if alternating:
            V = new
            r, G = residual_gradient(problem, V @ W.T)
        V, W = new, W - eta * divided(G.T, V, r)
    return {"V": V, "W": W}


@pytest.mark.parametrize("damping", [0.0, 0.2, "loss"])
def test_scaled_descent_of_two_factors_agrees_with_numpy(rectangular_problem, damping):
    """Both factors move at once: with steps one after the other they are elsewhere."""
    problem, eta = rectangular_problem, 0.2
    init = start(problem, 2)
    expected = two_factor_steps(problem, init, eta, damping)
    solution = solved(problem, ipgd.ScaledGD(step_size=eta, damping=damping), init)
    close(solution, expected)
    other = two_factor_steps(problem, init, eta, damping, alternating=True)
    for name, block in expected.items():
        assert np.linalg.norm(other[name] - block) > 1e-2 * np.linalg.norm(block), name


@pytest.mark.parametrize("rank_of_start", [3, 2])
def test_alternating_scaled_descent_agrees_with_numpy(rectangular_problem, rank_of_start):
    """With a start of lower rank than the search rank, the pseudo-inverse is not an inverse."""
    problem, eta = rectangular_problem, 0.3
    init = start(problem, 3)
    if rank_of_start < 3:
        for name, block in init.items():
            init[name] = np.column_stack([block[:, :2], block[:, :2] @ [1.0, 2.0]])
    V, W = init["V"], init["W"]
    steps = 1 if rank_of_start < 3 else STEPS  # numpy's and our cut-off of zero differ later on
    for _ in range(steps):
        V = V - eta * residual_gradient(problem, V @ W.T)[1] @ np.linalg.pinv(W).T
        W = W - eta * residual_gradient(problem, V @ W.T)[1].T @ np.linalg.pinv(V).T
    close(solved(problem, ipgd.AltScaledGD(step_size=eta), init, steps), {"V": V, "W": W})


def iterations(problem, method, rank, accuracy=1e-10):
    """Iterations to a relative recovery error below `accuracy`, from the spectral init."""
    symmetric = problem.operator.symmetric
    solution = ipgd.solve(
        problem,
        method,
        parameterization=(ipgd.SymmetricFactor if symmetric else ipgd.AsymmetricFactor)(rank),
        init=ipgd.init.spectral(),
        max_iter=2000,
        stop=ipgd.Stop(relative_loss=accuracy**2 / 100),
        record=("test_error",),
    )
    error = solution.history["test_error"]
    assert error[-1] < accuracy
    return int(np.argmax(error < accuracy))


@pytest.mark.parametrize("samples", [5, 20])
def test_iterations_do_not_depend_on_the_condition_number(samples):
    """n = 50, r = 4, m = 5 n r and 20 n r: 119, 118, 118, 117 and 52, 51, 52, 52 iterations.

    GD's grow with kappa: 120, 410, 796, 1532 and 52, 246, 527, 1086.
    """
    n, rank = 50, 4
    problems = {
        kappa: ipgd.matrix_sensing(n, rank, samples * n * rank, rng=3, condition_number=kappa)
        for kappa in (1, 5, 10, 20)
    }
    counts = {kappa: iterations(p, ipgd.ScaledGD(damping=0), rank) for kappa, p in problems.items()}
    assert max(counts.values()) <= 1.15 * min(counts.values())
    plain = {k: iterations(problems[k], ipgd.GD(step_size=0.5), rank) for k in (1, 5, 10)}
    assert abs(plain[1] - counts[1]) <= 0.1 * counts[1]
    assert plain[5] > 2.5 * counts[5]
    assert plain[10] > 1.8 * plain[5]


def incoherent_completion(n, rank, fraction, kappa, seed):
    """Singular vectors of matrices of random signs, as in the experiments of the paper's authors.

    The same vectors and places for every kappa.
    """
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], (2, n, rank))
    left, right = (np.linalg.svd(part, full_matrices=False)[0] for part in signs)
    sigma = np.sqrt(np.linspace(1, 1 / kappa, rank))
    L, R = left * sigma, right * sigma
    rows, cols = np.nonzero(rng.random((n, n)) < fraction)
    values = np.einsum("ia,ia->i", L[rows], R[cols])
    return ipgd.MatrixCompletion((rows, cols, values), (n, n), (L, R))


def test_iterations_on_completion_do_not_depend_on_the_condition_number():
    """n = 1000, r = 10, a fifth of the entries: 74, 73, 74, 74 iterations; GD's are 74 and 295.

    Other instances: 74, 74, 73, 74; 76, 77, 76, 77; 76, 76, 76, 77.
    """
    problems = {k: incoherent_completion(1000, 10, 0.2, k, 0) for k in (1, 5, 10, 20)}
    counts = [
        iterations(problem, ipgd.ScaledGD(0.5, damping=0), 10) for problem in problems.values()
    ]
    assert max(counts) <= 1.05 * min(counts)
    plain = [iterations(problems[k], ipgd.GD(0.5), 10) for k in (1, 5)]
    assert abs(plain[0] - counts[0]) <= 0.05 * counts[0]
    assert plain[1] > 3 * counts[1]


def rectangular_sensing(kappa, d1=30, d2=20, rank=3, m=3000):
    rng = np.random.default_rng(5)
    left = np.linalg.qr(rng.standard_normal((d1, rank)))[0]
    right = np.linalg.qr(rng.standard_normal((d2, rank)))[0]
    truth = left * np.linspace(1, 1 / kappa, rank) @ right.T
    operator = ipgd.operators.Dense.gaussian(m, d1, d2, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.mark.parametrize("method", [ipgd.ScaledGD(damping=0), ipgd.AltScaledGD()])
def test_iterations_of_two_factors_do_not_depend_on_the_condition_number(method):
    counts = [iterations(rectangular_sensing(kappa), method, 3) for kappa in (1, 5, 10, 20)]
    assert max(counts) <= 1.05 * min(counts)


def test_damping_recovers_from_a_small_random_start_with_too_large_a_search_rank():
    """ScaledGD(lambda): gradient descent needs ten times the iterations."""
    problem = ipgd.matrix_sensing(30, 2, 900, rng=0, condition_number=20)

    def run(method):
        return ipgd.solve(
            problem,
            method,
            parameterization=ipgd.SymmetricFactor(10),
            init=ipgd.init.gaussian(1e-6),
            max_iter=3000,
            stop=ipgd.Stop(relative_loss=1e-8),
            record=("test_error",),
            rng=0,
        )

    scaled, plain = run(ipgd.ScaledGD(damping=0.05)), run(ipgd.GD(step_size=0.5))
    assert scaled.status == plain.status == "relative_loss"
    assert scaled.history["test_error"][-1] < 1e-3
    assert 5 * scaled.nit < plain.nit


def test_damping_by_the_loss_converges_linearly_where_the_search_rank_is_too_large():
    """PrecGD: from rank 2 with search rank 5; gradient descent slows down to 1/t."""
    problem = ipgd.matrix_sensing(20, 2, 600, rng=1)
    init = 0.5 * np.random.default_rng(0).standard_normal((20, 5))

    def error(method):
        solution = ipgd.solve(
            problem,
            method,
            parameterization=ipgd.SymmetricFactor(5),
            init=init,
            max_iter=150,
            stop=ipgd.Stop(relative_loss=0),
            record=("test_error",),
        )
        return solution.history["test_error"][-1]

    assert error(ipgd.ScaledGD(damping="loss")) < 1e-8
    assert error(ipgd.GD(step_size=0.3)) > 1e-5


def test_a_singular_gram_matrix_is_a_status(problem):
    U = np.random.default_rng(0).standard_normal((10, 3))
    U[:, 2] = U[:, 0] - U[:, 1]
    solution = solved(problem, ipgd.ScaledGD(damping=0), {"U": U})
    assert (solution.status, solution.success, solution.nit) == ("singular", False, 0)
    assert "damping" in solution.message
    assert np.array_equal(solution.parameters["U"], U)
    assert solved(problem, ipgd.ScaledGD(damping=1e-3), {"U": U}).status == "max_iter"


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_the_automatic_step_follows_the_scale_of_the_operator(factor):
    A = np.random.default_rng(0).standard_normal((300, 12, 12)) * factor
    truth = np.outer(np.arange(12.0), np.arange(12.0)) / 100
    operator = ipgd.operators.DenseSymmetric(A)
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    assert problem.gain() == pytest.approx(factor**2, rel=0.3)
    solution = ipgd.solve(
        problem,
        ipgd.ScaledGD(damping=0),
        parameterization=ipgd.SymmetricFactor(1),
        init=ipgd.init.spectral(),
        record=("test_error",),
    )
    assert solution.history["test_error"][-1] < 1e-4
    assert solution.nit < 60


def test_settings_are_recorded(problem):
    settings = solved(problem, ipgd.ScaledGD(damping="loss"), start(problem, 3)).settings
    assert settings["algorithm"] == {"name": "ScaledGD", "step_size": 0.5, "damping": "loss"}


def test_what_makes_no_sense_is_refused(problem):
    with pytest.raises(ValueError, match="damping: expected a finite number >= 0, got -1"):
        ipgd.ScaledGD(damping=-1)
    with pytest.raises(ValueError, match="damping: expected a number >= 0 or 'loss', got 'los'"):
        ipgd.ScaledGD(damping="los")
    with pytest.raises(ValueError, match=r"algorithm: .* a single factor"):
        solved(problem, ipgd.AltScaledGD(), start(problem, 3))


@pytest.mark.parametrize("d", [10, (10, 8)])
@pytest.mark.parametrize("search_rank", [None, 2])
def test_the_default_damping_is_safe_from_a_small_start(d, search_rank):
    problem = ipgd.matrix_sensing(d, 2, 300, rng=0)
    kind = ipgd.SymmetricFactor if problem.operator.symmetric else ipgd.AsymmetricFactor
    safe, exact = (
        ipgd.solve(
            problem,
            method,
            parameterization=kind(search_rank),
            record=("loss", "test_error"),
            max_iter=200,
            rng=0,
        )
        for method in (ipgd.ScaledGD(), ipgd.ScaledGD(damping=0))
    )
    assert safe.success
    assert safe.history["test_error"][-1] < 1e-4
    assert safe.history["loss"].max() == safe.history["loss"][0]
    assert exact.history["loss"].max() > 1e20 * exact.history["loss"][0]  # as its docstring says


@pytest.mark.parametrize("search_rank", [2, 8])
def test_the_automatic_step_suits_quadratic_measurements(search_rank):
    """E (aᵀ Theta a)^2 is 2 + r times ||Theta||^2 at most: twice as much as for a random matrix."""
    problem = ipgd.quadratic_regression(d=8, rank=2, m=480, rng=0)
    truth = problem.truth_matrix()
    along = np.mean(problem.y**2) / np.linalg.norm(truth) ** 2
    assert problem.gain() == pytest.approx(along, rel=0.2)
    solution = ipgd.solve(
        problem, ipgd.ScaledGD(), parameterization=ipgd.SymmetricFactor(search_rank), rng=0
    )
    assert solution.status == "relative_loss"
    assert solution.nit < 200
