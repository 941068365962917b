"""Identities and laws of descent on products, on runs."""

import itertools

import ipgd
import numpy as np
import pytest
from ipgd import analysis

STEP = 1e-3


def diagonal(seed):
    """Singular values 10, 5, 2 of an 8 x 8 truth, measured 300 times."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((8, 8)))[0][:, :3] for _ in range(2))
    truth = (left * [10.0, 5.0, 2.0]) @ right.T
    operator = ipgd.operators.Dense.gaussian(300, 8, 8, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


def model(depth):
    return ipgd.AsymmetricFactor(8) if depth == 2 else ipgd.DeepFactor(depth)


def followed(problem, depth, init, **settings):
    iterates = analysis.Iterates()
    solution = ipgd.solve(
        problem,
        ipgd.GD(STEP),
        parameterization=model(depth),
        init=init,
        record=("loss", "singular_values"),
        callback=iterates,
        rng=0,
        **settings,
    )
    return solution, iterates


@pytest.fixture(scope="module", params=[2, 3, 4])
def grown(request):
    """A run from a balanced start, long enough for the largest singular value at least."""
    depth = request.param
    problem = diagonal(depth)
    init = ipgd.init.balanced({2: 1e-3, 3: 0.1, 4: 0.3}[depth])
    solution, iterates = followed(problem, depth, init, max_iter=4000, record_every=3)
    assert solution.history["singular_values"][-1, 0] > 8
    return problem, depth, solution, iterates


def test_singular_values_grow_by_the_law(grown):
    problem, depth, solution, iterates = grown
    law = analysis.singular_value_law(problem, iterates, STEP, count=2)
    other = analysis.singular_value_law(problem, iterates, STEP, count=2, depth=depth + 1)
    assert law.depth == depth
    np.testing.assert_allclose(law.measured, solution.history["singular_values"][:, :2], rtol=1e-9)
    assert np.array_equal(law.iterations, solution.history["iteration"])
    # What they grew by in an interval, while they grow.
    growth = np.diff(law.measured, axis=0)
    quick = growth > 0.004 * law.measured[:-1]
    assert quick.sum() > 20
    errors = [
        np.median(np.abs(one.predicted - one.measured)[1:][quick] / growth[quick])
        for one in (law, other)
    ]
    assert errors[0] < 0.01
    assert errors[1] > 0.05
    assert np.median(np.abs(law.integrated / law.measured - 1)) < 0.15


def test_the_exponent_of_growth_tells_the_depth(grown):
    _, depth, solution, _ = grown
    assert analysis.growth_exponent(solution) == pytest.approx(2 - 2 / depth, abs=0.06)


def test_the_law_of_symmetric_factors_is_that_of_depth_two():
    problem = ipgd.matrix_sensing(d=8, rank=2, m=200, condition_number=2, rng=0)
    iterates = analysis.Iterates()
    solution = ipgd.solve(
        problem,
        ipgd.GD(0.02),
        init=ipgd.init.gaussian(1e-4),
        record=("singular_values",),
        record_every=5,
        callback=iterates,
        max_iter=1000,
        rng=0,
    )
    law = analysis.singular_value_law(problem, iterates, 0.02, count=1)
    assert law.depth == 2
    assert np.median(law.relative_error) < 1e-3
    assert analysis.growth_exponent(solution) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_imbalance_changes_by_the_identity_to_rounding(depth):
    for seed in range(2):
        problem = diagonal(seed)
        _, iterates = followed(problem, depth, ipgd.init.gaussian(0.5), max_iter=20)
        pairs = list(itertools.pairwise(iterates.parameters))
        assert len(pairs) == 20
        for before, after in pairs:
            step = analysis.balance_step(problem, before, after, STEP)
            assert step.defect < 20
            assert len(step.change) == depth - 1
            assert max(np.abs(p).max() for p in step.predicted) > 1e-12  # there is a change
        assert analysis.balance_step(problem, *pairs[0], 1.01 * STEP).defect > 1e4


def test_the_imbalance_of_two_factors_is_that_of_the_paper():
    problem = diagonal(0)
    _, iterates = followed(problem, 2, ipgd.init.gaussian(0.5), max_iter=1)
    before, after = iterates.parameters
    V, W = before["V"], before["W"]
    G = problem.operator.residual_adjoint(V @ W.T, problem.y)[1] / problem.m
    step = analysis.balance_step(problem, before, after, STEP)
    np.testing.assert_allclose(step.imbalance[0], V.T @ V - W.T @ W, atol=1e-14)
    expected = STEP**2 * (W.T @ G.T @ G @ W - V.T @ G @ G.T @ V)
    np.testing.assert_allclose(step.predicted[0], expected, atol=1e-12 * np.abs(expected).max())


def test_descent_couples_the_factors():
    for seed in range(2):
        _, iterates = followed(diagonal(seed), 2, ipgd.init.gaussian(1e-3), max_iter=2500)
        couplings = [analysis.coupling(iterates.parameters[t], 3) for t in (0, -1)]
        assert couplings[0] > 0.3
        assert couplings[1] < 0.05


def test_coupled_and_uncoupled_factors():
    V, W = np.eye(5, 4), np.eye(6, 4)
    assert analysis.coupling({"V": V, "W": 3 * W}, 2) == 0
    assert analysis.coupling({"V": V * [4, 3, 2, 1], "W": W * [1, 2, 3, 4]}, 2) == 1


PRODUCT = {"V": np.ones((3, 2)), "W": np.ones((4, 2))}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda p: analysis.singular_value_law(p, [], 0.1),
            ValueError,
            r"iterates: expected an ipgd\.analysis\.Iterates",
        ),
        (
            lambda p: analysis.singular_value_law(p.with_loss(ipgd.Huber(1.0)), [], 0.1),
            ValueError,
            "problem: expected one with the squared loss, got Huber",
        ),
        (
            lambda _: analysis.singular_value_law(3, [], 0.1),
            TypeError,
            r"problem: expected an ipgd\.Problem, got 3",
        ),
        (
            lambda p: analysis.balance_step(p, {"U": np.ones((3, 2))}, PRODUCT, 0.1),
            ValueError,
            "before: expected the blocks of V Wᵀ or W_N ... W_1, got U",
        ),
        (
            lambda p: analysis.balance_step(p, PRODUCT, {"x": PRODUCT["V"]}, 0.1),
            ValueError,
            "after: parameters: expected the blocks of U Uᵀ, V Wᵀ or W_N ... W_1, got x",
        ),
        (
            lambda p: analysis.balance_step(p, PRODUCT, {n: a.T for n, a in PRODUCT.items()}, 0.1),
            ValueError,
            "after: ",
        ),
        (
            lambda _: analysis.coupling({"U": np.ones((3, 2))}, 1),
            ValueError,
            "parameters: expected the blocks V and W, got U",
        ),
        (
            lambda _: analysis.coupling(PRODUCT, 3),
            ValueError,
            "rank: expected an integer from 1 to 2, got 3",
        ),
    ],
)
def test_arguments_that_make_no_sense(call, error, words):
    with pytest.raises(error, match=words):
        call(diagonal(0))
