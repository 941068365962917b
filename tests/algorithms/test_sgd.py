"""Stochastic gradient descent: mini-batches, their seeds, and what they do to generalisation."""

import ipgd
import numpy as np
import pytest


def run(problem, method, **settings):
    settings = {"init": ipgd.init.gaussian(0.3), "max_iter": 40, "rng": 3} | settings
    return ipgd.solve(
        problem, method, stop=ipgd.Stop(relative_loss=0), record=("loss", "epoch"), **settings
    )


@pytest.mark.parametrize("replacement", [False, True])
def test_bits_do_not_depend_on_threads_or_company(chunked_problem, same_bits, replacement):
    method = ipgd.SGD(64, step_size=0.05, replacement=replacement)
    alone = run(chunked_problem, method, n_threads=1)
    for n_threads in (2, 7):
        same_bits(run(chunked_problem, method, n_threads=n_threads), alone)
    company = ipgd.solve_batch(
        chunked_problem,
        [ipgd.GD(0.1), method, ipgd.SGD(3, 0.01)],
        seeds=[3, 3, 3],
        init=ipgd.init.gaussian(0.3),
        max_iter=40,
        stop=ipgd.Stop(relative_loss=0),
        record=("loss", "epoch"),
        gram=False,
    )
    same_bits(company[1], alone)


@pytest.mark.parametrize("replacement", [False, True])
def test_without_replacement_an_epoch_visits_every_measurement_once(replacement):
    """<A_i, Theta> = Theta_i = u_i v_i: of u, a step on measurement i moves u_i alone."""
    m, epochs = 20, 4
    operator = ipgd.operators.Dense(np.eye(m)[:, :, None])
    iterates = []
    ipgd.solve(
        ipgd.Problem(operator, np.zeros(m)),
        ipgd.SGD(1, step_size=0.01, replacement=replacement),
        parameterization=ipgd.HadamardProduct(),
        init={"u": np.ones((m, 1)), "v": np.ones((m, 1))},
        max_iter=m * epochs,
        callback=lambda now: iterates.append(now.parameters["u"][:, 0].copy()),
        record=(),
        rng=0,
    )
    moved = np.diff(iterates, axis=0) != 0
    assert (moved.sum(axis=1) == 1).all()
    order = moved.argmax(axis=1).reshape(epochs, m)
    visits = [len(set(epoch)) for epoch in order.tolist()]
    if replacement:
        assert max(visits) < m  # one in 4e7 epochs of independent draws has them all
        assert len(set(order.ravel().tolist())) > 0.8 * m  # 0.98 m on average
    else:
        assert min(visits) == m
    assert len({tuple(epoch) for epoch in order.tolist()}) == epochs  # another order in each


def test_rng_changes_the_mini_batches(problem):
    init = 0.3 * np.random.default_rng(0).standard_normal((10, 10))
    one, other = (run(problem, ipgd.SGD(5, 0.01), init=init, rng=rng) for rng in (1, 2))
    assert not np.array_equal(one.parameters["U"], other.parameters["U"])


def test_a_mini_batch_of_everything_is_gradient_descent(problem):
    init = 0.3 * np.random.default_rng(0).standard_normal((10, 10))
    one = run(problem, ipgd.SGD(problem.m, 0.1), init=init)
    other = run(problem, ipgd.GD(0.1), init=init, gram=False)
    scale = np.linalg.norm(other.parameters["U"])
    assert np.linalg.norm(one.parameters["U"] - other.parameters["U"]) <= 1e-12 * scale


def test_epochs_are_recorded_and_losses_are_those_of_all_measurements(problem):
    solution = run(problem, ipgd.SGD(50, 0.05), record_every=3)
    assert np.array_equal(solution.history["epoch"], solution.history["iteration"] / 4)
    residual = problem.operator.forward(solution.theta()) - problem.y
    expected = residual @ residual / (4 * problem.m)
    assert solution.fun == pytest.approx(expected, rel=1e-12)
    assert solution.history["loss"][-1] == solution.fun


def test_both_ways_of_sampling_recover_a_matrix_of_the_right_rank(problem):
    """Interpolation: the noise of the gradient vanishes at the solution."""
    solutions = [
        ipgd.solve(
            problem,
            ipgd.SGD(20, replacement=replacement),
            parameterization=ipgd.SymmetricFactor(2),
            init=ipgd.init.spectral(),
            max_iter=20_000,
            record=("test_error",),
            record_every=100,
            rng=0,
        )
        for replacement in (False, True)
    ]
    for solution in solutions:
        assert solution.status == "relative_loss"
        assert solution.history["test_error"][-1] < 1e-4
    assert not np.array_equal(*(solution.parameters["U"] for solution in solutions))


def test_it_never_works_with_the_gram(problem):
    assert run(problem, ipgd.GD(0.1)).settings["operator"]["gram"] is True
    solution = run(problem, ipgd.SGD(5, 0.01))
    assert solution.settings["operator"]["gram"] is False
    algorithm = solution.settings["algorithm"]
    assert (algorithm["batch_size"], algorithm["replacement"]) == (5, False)
    with pytest.raises(ValueError, match="gram: expected None or False for SGD, got True"):
        run(problem, ipgd.SGD(5, 0.01), gram=True)


def test_what_makes_no_sense_is_refused(problem):
    with pytest.raises(ValueError, match="batch_size: expected an integer >= 1, got 0"):
        ipgd.SGD(0)
    with pytest.raises(TypeError, match="replacement: expected True or False, got 'yes'"):
        ipgd.SGD(1, replacement="yes")
    with pytest.raises(ValueError, match=r"batch_size: expected at most .* \(200\), got 201"):
        run(problem, ipgd.SGD(201))


@pytest.mark.parametrize(
    ("d2", "method"),
    [
        (None, ipgd.SGD(7, 1e-3)),
        (5, ipgd.SGD(7, 1e-3)),
        (None, ipgd.SGD(7, 1e-3, replacement=True)),
        (5, ipgd.SGD(7, 1e-3, replacement=True)),
        (None, ipgd.TruncatedGD(1e-3, 3.0)),
    ],
)
def test_some_rank_one_measurements_are_those_of_the_matrices(d2, method):
    """a bᵀ given by its vectors, and as a matrix: the same mini-batches, the same iterates."""
    symmetric = d2 is None
    rank_one = ipgd.operators.RankOne.gaussian(60, 8, d2, rng=0)
    X, Y = rank_one.vectors()
    matrices = X[:, :, None] * Y[:, None, :]
    kind = ipgd.operators.DenseSymmetric if symmetric else ipgd.operators.Dense
    rng = np.random.default_rng(1)
    left, right = rng.standard_normal((8, 2)), rng.standard_normal((d2 or 8, 2))
    y = rank_one.forward((left, left if symmetric else right))
    one, other = (
        ipgd.solve(
            ipgd.Problem(operator, y),
            method,
            init=ipgd.init.gaussian(0.5),
            max_iter=20,
            gram=False,
            rng=3,
        )
        for operator in (rank_one, kind(matrices, dtype="float64"))
    )
    assert one.nit == other.nit == 20
    assert one.history["loss"][-1] != one.history["loss"][0]
    for name, block in one.parameters.items():
        assert block == pytest.approx(other.parameters[name], rel=1e-9, abs=1e-11)
    if isinstance(method, ipgd.TruncatedGD):  # it does leave some out
        whole = ipgd.solve(
            ipgd.Problem(rank_one, y),
            ipgd.TruncatedGD(1e-3, np.inf),
            init=ipgd.init.gaussian(0.5),
            max_iter=20,
            rng=3,
        )
        assert not np.allclose(whole.parameters["U"], one.parameters["U"], rtol=1e-6)


@pytest.mark.parametrize("replacement", [False, True])
def test_stochastic_completion_recovers_from_entries_in_any_order(same_bits, replacement):
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((40, 2)) @ rng.standard_normal((2, 30))
    rows, cols = np.divmod(rng.choice(1200, 700, replace=False), 30)  # not in the core's order
    operator = ipgd.operators.Entries(rows, cols, truth.shape)
    problem = ipgd.Problem(operator, operator.scale * truth[rows, cols], truth)
    method = ipgd.SGD(100, replacement=replacement)

    def solve(n_threads):
        return ipgd.solve(
            problem,
            method,
            parameterization=ipgd.AsymmetricFactor(2),
            init=ipgd.init.spectral(),
            max_iter=3000,
            record=("loss", "test_error"),
            record_every=500,
            n_threads=n_threads,
            rng=3,
        )

    solution = solve(1)
    assert solution.history["test_error"][0] > 0.1
    assert solution.history["test_error"][-1] < 1e-3
    same_bits(solve(2), solution)


def test_the_automatic_batch_has_64_measurements_or_all(problem):
    assert run(problem, ipgd.SGD()).settings["algorithm"]["batch_size"] == 64
    few = ipgd.matrix_sensing(6, 1, 30, rng=0)
    solution = ipgd.solve(few, ipgd.SGD(), max_iter=2, rng=0)
    assert solution.settings["algorithm"]["batch_size"] == 30
