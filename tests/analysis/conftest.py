"""Problems of six dimensions or so, and models of them, that the analyses look at."""

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="session")
def sensing():
    return ipgd.matrix_sensing(d=6, rank=2, m=60, rng=0, condition_number=2.0)


@pytest.fixture(scope="session")
def rectangular():
    return ipgd.matrix_sensing(d=(6, 5), rank=2, m=80, rng=1, condition_number=2.0)


@pytest.fixture(scope="session")
def sparse():
    return ipgd.sparse_regression(d=6, sparsity=2, m=30, rng=2)


@pytest.fixture(scope="session")
def tensor():
    """An orthogonal tensor of order 3 in three dimensions, measured entirely, with its basis."""
    n = 3**3
    units = np.eye(n).reshape(n, n, 1)
    truth = np.zeros((n, 1))
    truth[0], truth[13] = 2.0, 1.0  # e_0 and e_1, three times each
    operator = ipgd.operators.Dense(np.sqrt(n) * units)
    return ipgd.Problem(operator, operator.forward(truth), truth, basis=units)


MODELS = {
    "symmetric": ("sensing", ipgd.SymmetricFactor(4)),
    "asymmetric": ("rectangular", ipgd.AsymmetricFactor(3)),
    "deep": ("rectangular", ipgd.DeepFactor(3, 4)),
    "compressed": ("rectangular", ipgd.CompressedDeep(3, 2, magnitude=1.0)),
    "power": ("sparse", ipgd.HadamardPower(2)),
    "cube": ("sparse", ipgd.HadamardPower(3)),
    "product": ("sparse", ipgd.HadamardProduct()),
    "weights": ("sparse", ipgd.WeightNormalized()),
    "tensor": ("tensor", ipgd.SymmetricTensor(3, 3)),
}


@pytest.fixture(params=MODELS)
def pairing(request):
    """A problem, a model of it, and parameters of size one, as blocks."""
    name, model = MODELS[request.param]
    problem = request.getfixturevalue(name)
    shapes = ipgd.Objective(problem, model).shapes
    rng = np.random.default_rng(3)
    return problem, model, {name: 0.5 * rng.standard_normal(shapes[name]) for name in shapes}


@pytest.fixture(scope="session")
def full():
    """All of a matrix is seen: (1/m) A*A is the identity on symmetric matrices."""
    d = 6
    units = [
        np.outer(a, b) + np.outer(b, a) for i, a in enumerate(np.eye(d)) for b in np.eye(d)[: i + 1]
    ]
    A = np.array([np.sqrt(len(units)) * E / np.linalg.norm(E) for E in units])
    U = np.linalg.qr(np.random.default_rng(4).standard_normal((d, 2)))[0] * [1.0, 0.7]
    operator = ipgd.operators.DenseSymmetric(A)
    return ipgd.Problem(operator, operator.forward(U @ U.T), U @ U.T)
