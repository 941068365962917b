"""A or y of sizes that "auto" settings cannot be made of: the right one is named."""

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="module")
def sensing():
    return ipgd.matrix_sensing(d=8, rank=1, m=120, rng=0)


def scaled(problem, factor, y=None):
    operator = ipgd.operators.DenseSymmetric(problem.operator.to_dense() * factor)
    return ipgd.Problem(operator, problem.y if y is None else y)


METHODS = [ipgd.GD(), ipgd.ScaledGD(), ipgd.IPGD(), ipgd.SGD()]


@pytest.mark.parametrize("factor", [1e-200, 1e200])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_matrices_far_from_one_are_named(sensing, method, factor):
    with pytest.raises(ValueError, match=r"operator: expected A_i of which .* got <A_i, Z> up to"):
        ipgd.solve(scaled(sensing, factor), method, rng=0)


@pytest.mark.parametrize("init", [ipgd.init.spectral(), ipgd.init.nystrom()])
def test_a_start_names_them_too(sensing, init):
    with pytest.raises(ValueError, match="operator: expected A_i of which"):
        ipgd.solve(scaled(sensing, 1e-200), init=init, rng=0)


@pytest.mark.parametrize("size", [1e-150, 1e-90, 1e90, 1e150])
def test_vectors_far_from_one_are_named(size):
    X = size * np.random.default_rng(0).standard_normal((80, 8))
    problem = ipgd.Problem(ipgd.operators.RankOne(X), np.ones(80))
    for method in (ipgd.GD(), ipgd.ScaledGD(), ipgd.TruncatedGD()):
        with pytest.raises(ValueError, match="operator: expected A_i of which"):
            ipgd.solve(problem, method, rng=0)


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_the_advice_works_when_it_is_followed(sensing, factor):
    """Theta is 1 / factor times the truth, and that size times what is found."""
    A = sensing.operator.to_dense() * factor
    size = np.abs(A).max()
    solution = ipgd.solve(ipgd.Problem(ipgd.operators.DenseSymmetric(A / size), sensing.y), rng=0)
    assert solution.success
    theta = solution.theta() / size
    error = np.linalg.norm(theta * factor - sensing.truth)
    assert error < 1e-3 * np.linalg.norm(sensing.truth)


def test_y_is_named_where_it_is_to_blame(sensing):
    with pytest.raises(ValueError, match="y: expected measurements of which the"):
        ipgd.solve(ipgd.Problem(sensing.operator, 1e-280 * sensing.y), ipgd.PGD(), rng=0)


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_zero_operator_leaves_nothing_to_do(sensing, symmetric):
    kind = ipgd.operators.DenseSymmetric if symmetric else ipgd.operators.Dense
    problem = ipgd.Problem(kind(np.zeros((120, 8, 8))), sensing.y)
    methods = [ipgd.GD(), ipgd.ScaledGD(), ipgd.SGD()]
    for method in methods if symmetric else [*methods, ipgd.AltScaledGD()]:
        solution = ipgd.solve(problem, method, rng=0)
        assert (solution.status, solution.nit) == ("stuck", 0)


def test_given_settings_need_no_sizes(sensing):
    problem = scaled(sensing, 1e-200)
    model = ipgd.SymmetricFactor(2)
    init = np.ones((8, 2))
    solution = ipgd.solve(problem, ipgd.GD(0.1), init=init, parameterization=model, max_iter=3)
    assert solution.nit == 3


NUMPY = {
    ipgd.GD: {"step_size": np.float32(0.5)},
    ipgd.AcceleratedGD: {"momentum": np.float32(0.5), "onset": np.float32(0.5)},
    ipgd.NormalizedGD: {"step_size": np.float32(1), "decay": np.float16(0.5), "floor": np.int64(1)},
    ipgd.ScaledGD: {"step_size": np.int32(1), "damping": np.float32(0.5)},
    ipgd.AltScaledGD: {"step_size": np.float32(0.5)},
    ipgd.SGD: {"batch_size": np.int64(8), "step_size": np.float32(0.5)},
    ipgd.TruncatedGD: {"step_size": np.float32(0.5), "truncation": np.float32("inf")},
    ipgd.IPGDPlus: {"radius": np.float32(1e-3), "step_size": np.float32(0.1)},
    ipgd.IPGD: {"radius": np.float32(1e-3), "window": np.int16(3), "epsilon": np.float32(1)},
    ipgd.PGD: {"c": np.float32(1), "window": np.int64(3), "function_gap": np.float32(2)},
    ipgd.Stop: {"relative_loss": np.float32(0.5), "gradient_norm": np.int64(0)},
    ipgd.SymmetricFactor: {"search_rank": np.int64(3)},
    ipgd.AsymmetricFactor: {"search_rank": np.uint8(3)},
    ipgd.DeepFactor: {"depth": np.int64(3), "widths": (np.int64(3), np.int32(4))},
    ipgd.CompressedDeep: {"depth": np.int64(3), "rank": np.int8(1), "gamma": np.float32(1)},
    ipgd.HadamardPower: {"power": np.int64(3)},
    ipgd.WeightNormalized: {"power": np.int64(3), "step_ratio": np.float32(3)},
    ipgd.SymmetricTensor: {"order": np.int64(4), "search_rank": np.int64(2)},
}


@pytest.mark.parametrize("kind", NUMPY, ids=lambda kind: kind.__name__)
def test_settings_are_numbers_of_python(kind):
    value = kind(**NUMPY[kind])
    for name in NUMPY[kind]:
        field = getattr(value, name)
        for part in field if isinstance(field, tuple) else (field,):
            assert type(part) in (int, float), name


def test_a_truncation_of_numpy_is_saved(tmp_path):
    problem = ipgd.quadratic_regression(8, 1, 80, rng=0)
    method = ipgd.TruncatedGD(truncation=np.float32("inf"))
    ipgd.solve(problem, method, max_iter=5, rng=0).save(tmp_path / "run.npz")
    assert ipgd.resume(problem, tmp_path / "run.npz", max_iter=8).nit == 8
