"""Factor models: Theta from the parameters, and whom they fit."""

import ipgd
import numpy as np
import pytest
from ipgd import _core
from ipgd.operators import Dense, DenseSymmetric


def start(problem, model, init):
    return ipgd.solve(problem, parameterization=model, init=init, max_iter=0)


@pytest.mark.parametrize("d", [1, 2, 7, 33])
@pytest.mark.parametrize("k", [1, 5, 33, 40])
def test_theta_of_a_symmetric_factor(d, k):
    U = np.random.default_rng([d, k]).standard_normal((d, k))
    problem = ipgd.Problem(DenseSymmetric(np.ones((1, d, d))), [1.0])
    theta = start(problem, ipgd.SymmetricFactor(k), U).theta()
    assert theta == pytest.approx(U @ U.T, rel=1e-13, abs=1e-13)
    assert np.array_equal(theta, theta.T)


@pytest.mark.parametrize(("d1", "d2"), [(1, 1), (1, 7), (7, 2), (33, 7)])
@pytest.mark.parametrize("k", [1, 5, 40])
def test_theta_of_an_asymmetric_factor(d1, d2, k):
    rng = np.random.default_rng([d1, d2, k])
    V, W = rng.standard_normal((d1, k)), rng.standard_normal((d2, k))
    problem = ipgd.Problem(Dense(np.ones((1, d1, d2))), [1.0])
    theta = start(problem, ipgd.AsymmetricFactor(k), {"V": V, "W": W}).theta()
    assert theta.shape == (d1, d2)
    assert theta == pytest.approx(V @ W.T, rel=1e-13, abs=1e-13)


def test_default_search_rank_is_the_largest_that_helps():
    square = ipgd.Problem(DenseSymmetric(np.ones((2, 6, 6))), [1.0, 2.0])
    wide = ipgd.Problem(Dense(np.ones((2, 3, 6))), [1.0, 2.0])
    assert ipgd.solve(square, max_iter=0).parameters["U"].shape == (6, 6)
    blocks = ipgd.solve(wide, max_iter=0).parameters
    assert (blocks["V"].shape, blocks["W"].shape) == ((3, 3), (6, 3))


@pytest.mark.parametrize("name", ["problem", "rectangular_problem"])
def test_the_recorded_gradient_is_that_of_the_loss(name, request):
    """Central differences of the loss along random directions."""
    problem = request.getfixturevalue(name)
    rng = np.random.default_rng(0)
    (d1, d2), k = problem.operator.matrix_shape, 3
    shapes = {"U": (d1, k)} if name == "problem" else {"V": (d1, k), "W": (d2, k)}
    model = ipgd.SymmetricFactor(k) if name == "problem" else ipgd.AsymmetricFactor(k)
    point = {block: rng.standard_normal(shape) for block, shape in shapes.items()}

    def loss(step, direction):
        moved = {block: x + step * direction[block] for block, x in point.items()}
        return start(problem, model, moved).fun

    eta = 2.0**-30
    moved = ipgd.solve(problem, ipgd.GD(eta), parameterization=model, init=point, max_iter=1)
    gradient = {block: (x - moved.parameters[block]) / eta for block, x in point.items()}
    for _ in range(5):
        direction = {block: rng.standard_normal(shape) for block, shape in shapes.items()}
        slope = (loss(1e-5, direction) - loss(-1e-5, direction)) / 2e-5
        inner = sum(np.sum(gradient[block] * direction[block]) for block in shapes)
        assert slope == pytest.approx(inner, rel=1e-5, abs=1e-6)


def test_a_model_of_another_size_does_not_fit():
    operator = DenseSymmetric(np.ones((1, 4, 4)))
    with pytest.raises(
        ValueError, match=r"U with as many rows as the operator's Theta \(4\), got 5"
    ):
        _core.SymmetricFactor(5, 2).check(operator._native)
    rectangular = Dense(np.ones((1, 4, 3)))
    with pytest.raises(ValueError, match="V Wᵀ of the operator's shape 4 x 3, got 3 x 4"):
        _core.AsymmetricFactor(3, 4, 2).check(rectangular._native)


def test_models_are_values():
    assert ipgd.SymmetricFactor(3) == ipgd.SymmetricFactor(search_rank=3)
    assert ipgd.SymmetricFactor(3) != ipgd.AsymmetricFactor(3)
    assert repr(ipgd.AsymmetricFactor()) == "AsymmetricFactor(search_rank=None)"
    assert len({ipgd.SymmetricFactor(3), ipgd.SymmetricFactor(3), ipgd.SymmetricFactor()}) == 2
