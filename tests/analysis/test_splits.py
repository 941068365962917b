"""Implicit regions: the split of an iterate, and how its signal lies to the truth."""

import ipgd
import numpy as np
import pytest
from ipgd.analysis import effective_rank, principal_angles, split

ROUNDING = 1e-13


def descended(problem, model, start, max_iter=300, step_size=0.1):
    return ipgd.solve(
        problem,
        ipgd.GD(step_size=step_size),
        parameterization=model,
        init=start,
        max_iter=max_iter,
        stop=ipgd.Stop(relative_loss=0.0),
        record=("signal_norm", "residual_norm"),
    )


def test_the_default_split_has_the_recorded_norms(pairing):
    problem, model, blocks = pairing
    solution = descended(problem, model, blocks, max_iter=3, step_size=1e-3)
    parts = split(problem, solution)
    history = solution.history
    assert parts.signal_norm == pytest.approx(history["signal_norm"][-1], rel=1e-12)
    assert parts.residual_norm == pytest.approx(history["residual_norm"][-1], rel=1e-12)
    same = split(problem, solution.parameters, parameterization=model)
    assert (same.signal_norm, same.residual_norm) == (parts.signal_norm, parts.residual_norm)


@pytest.mark.parametrize("region", ["column", "rank", "row"])
@pytest.mark.parametrize("name", ["sensing", "rectangular"])
def test_signal_and_residual_are_orthogonal_and_add_up(name, region, request):
    problem = request.getfixturevalue(name)
    k = 4
    rng = np.random.default_rng(5)
    d1, d2 = problem.operator.matrix_shape
    blocks = {"U": rng.standard_normal((d1, k))}
    if name == "rectangular":
        blocks = {"V": rng.standard_normal((d1, k)), "W": rng.standard_normal((d2, k))}
    Z = np.vstack(list(blocks.values()))
    parts = split(problem, blocks, region)
    np.testing.assert_allclose(parts.signal + parts.residual, Z, atol=1e-14)
    assert abs(np.vdot(parts.signal, parts.residual)) < 1e-12
    assert parts.region == region
    left, right = problem.truth_bases
    r = left.shape[1]
    if region == "rank":
        sigma = np.linalg.svd(Z, compute_uv=False)
        assert parts.residual_spectral_norm == pytest.approx(sigma[r], rel=1e-12)
        assert parts.residual_norm == pytest.approx(np.linalg.norm(sigma[r:]), rel=1e-12)
    elif region == "row":  # nothing of the truth's columns is left outside
        B = left if name == "sensing" else np.vstack([left, right])
        np.testing.assert_allclose(B.T @ parts.residual, 0, atol=1e-13)
        assert np.linalg.matrix_rank(parts.signal) == r
    else:
        np.testing.assert_allclose(left.T @ parts.residual[:d1], 0, atol=1e-14)


def low_rank_start(problem, model, rank, scale=0.3):
    """Factors of this rank with more columns."""
    rng = np.random.default_rng(6)
    shapes = ipgd.Objective(problem, model).shapes
    right = rng.standard_normal((rank, model.search_rank))
    return {
        name: scale * rng.standard_normal((rows, rank)) @ right
        for name, (rows, _) in shapes.items()
    }


@pytest.mark.parametrize("region", ["rank", "row"])
@pytest.mark.parametrize("name", ["sensing", "rectangular", "few"])
def test_rank_and_row_are_closed_whatever_the_measurements(name, region, request):
    if name == "few":  # so few that the run fits y with something else
        problem, model = ipgd.matrix_sensing(d=6, rank=2, m=8, rng=7), ipgd.SymmetricFactor(4)
    else:
        problem = request.getfixturevalue(name)
        factor = ipgd.SymmetricFactor if name == "sensing" else ipgd.AsymmetricFactor
        model = factor(4)
    start = low_rank_start(problem, model, rank=2)
    solution = descended(problem, model, start)
    moved = np.linalg.norm(
        np.vstack(list(solution.parameters.values())) - np.vstack(list(start.values()))
    )
    assert moved > 0.1
    parts = split(problem, solution, region)
    assert parts.residual_norm < ROUNDING * parts.signal_norm
    more = low_rank_start(problem, model, rank=3)  # a start outside of the region stays outside
    assert split(problem, descended(problem, model, more), region).residual_norm > 1e-6


def test_column_is_closed_under_full_observation_only(full, sensing):
    for problem, closed in ((full, True), (sensing, False)):
        V = problem.truth_bases[0]
        start = V @ (0.3 * np.random.default_rng(8).standard_normal((2, 4)))
        solution = descended(problem, ipgd.SymmetricFactor(4), start)
        parts = split(problem, solution)
        if closed:
            assert parts.residual_norm < ROUNDING * parts.signal_norm
            assert np.linalg.norm(solution.theta() - problem.truth) < 1e-6
        else:
            assert solution.history["residual_norm"].max() > 1e-4 * parts.signal_norm


@pytest.mark.parametrize(
    "model", [ipgd.HadamardPower(2), ipgd.HadamardPower(3), ipgd.HadamardProduct()]
)
def test_what_is_zero_off_the_support_stays_zero(sparse, model):
    on = sparse.truth[:, 0] != 0
    rng = np.random.default_rng(9)
    start = {name: np.where(on, rng.random(6), 0.0)[:, None] for name in ("u", "v")}
    parts = split(sparse, descended(sparse, model, start, step_size=0.05))
    assert parts.region == "support"
    assert parts.residual_norm == 0.0
    assert parts.signal_norm > 0.1


def test_the_basis_of_an_orthogonal_tensor_is_closed_under_full_observation(tensor):
    start = np.zeros((3, 2))
    start[0, 0], start[1, 1] = 0.5, 0.6
    solution = descended(tensor, ipgd.SymmetricTensor(3, 2), start, step_size=0.02)
    parts = split(tensor, solution, "basis")
    assert parts.signal.shape == (2,)
    assert parts.residual_norm == 0.0
    np.testing.assert_allclose(parts.signal, [2.0, 1.0], rtol=1e-6)


def test_norms_are_right_at_any_size(sparse):
    on = sparse.truth[:, 0] != 0
    for size in (1e-300, 1e-160, 1e160):
        blocks = {name: np.where(on, 1.0, size)[:, None] for name in ("u", "v")}
        parts = split(sparse, blocks, parameterization=ipgd.HadamardPower())
        assert parts.residual_norm == pytest.approx(size * np.sqrt(8), rel=1e-14)
        assert parts.residual_spectral_norm == size


@pytest.mark.parametrize("region", ["rank", "row"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_principal_angles_are_those_of_a_rotation(rectangular, side, region):
    left, right = rectangular.truth_bases
    angle = 1e-9  # its cosine is 1
    rng = np.random.default_rng(10)

    def turned(basis):
        away = rng.standard_normal(len(basis))
        away -= basis @ (basis.T @ away)
        away /= np.linalg.norm(away)
        out = basis.copy()
        out[:, 0] = np.cos(angle) * basis[:, 0] + np.sin(angle) * away
        return out

    root = np.diag([1.3, 0.8])
    columns = np.linalg.qr(rng.standard_normal((3, 2)))[0]
    blocks = {"V": turned(left) @ root @ columns.T, "W": turned(right) @ root @ columns.T}
    angles = principal_angles(rectangular, blocks, region, side=side)
    assert angles.shape == (2,)
    assert angles[0] == pytest.approx(angle, rel=1e-5)
    assert angles[1] < 1e-14


def test_a_signal_that_is_not_there_is_at_right_angles(sensing):
    np.testing.assert_allclose(principal_angles(sensing, {"U": np.zeros((6, 3))}), np.pi / 2)
    one = sensing.truth_bases[0][:, :1] @ np.ones((1, 3))
    angles = principal_angles(sensing, {"U": one})
    assert angles[0] == pytest.approx(np.pi / 2)
    assert angles[1] < 1e-14


def test_effective_rank_of_a_solution_is_that_of_theta(sensing):
    solution = ipgd.solve(sensing, stop=ipgd.Stop(relative_loss=1e-20), max_iter=5000, rng=0)
    known = np.linalg.svd(sensing.truth, compute_uv=False)[:2]
    assert effective_rank(solution) == pytest.approx(effective_rank(known), rel=1e-2)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (
            "support",
            r"region: expected one of 'column', 'rank', 'row' for SymmetricFactor .*'basis' ",
        ),
        (
            "basis",
            r"region: expected one of .* \(and 'basis' for a problem with one\), got 'basis'",
        ),
        (3, r"region: expected one of .*, got 3"),
    ],
)
def test_a_region_that_the_model_lacks_is_refused(sensing, region, message):
    with pytest.raises(ValueError, match=message):
        split(sensing, {"U": np.ones((6, 2))}, region)


def test_an_analysis_without_a_truth_is_refused(sensing):
    blind = ipgd.Problem(sensing.operator, sensing.y)
    blocks = {"U": np.eye(6)[:, :3]}
    with pytest.raises(ValueError, match="problem: expected one with a truth for region 'column'"):
        split(blind, blocks)
    with pytest.raises(ValueError, match="problem: expected one with a truth for"):
        principal_angles(blind, blocks)
    assert split(blind, blocks, "rank", rank=2).residual_norm == pytest.approx(1)
    with pytest.raises(ValueError, match="rank: expected None for region 'row', got 2"):
        split(sensing, blocks, "row", rank=2)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3, TypeError, "solution: expected an ipgd.Solution or a dict of parameters, got 3"),
        ({"u": [[1.0]], "v": [[1.0]]}, ValueError, "parameterization: expected one beside"),
        ({"U": np.ones((5, 2))}, ValueError, r"solution: expected U of shape \(6, 2\)"),
        ({"U": np.full((6, 2), np.nan)}, ValueError, "solution: expected finite parameters"),
        ({"V": np.ones((6, 2)), "W": np.ones((6, 2))}, ValueError, "parameterization: expected"),
    ],
)
def test_parameters_that_are_none_are_refused(sensing, given, error, message):
    with pytest.raises(error, match=message):
        split(sensing, given)


def test_a_problem_that_is_none_is_refused(sensing):
    with pytest.raises(TypeError, match=r"problem: expected an ipgd\.Problem"):
        split(sensing.operator, {"U": np.ones((6, 2))})
    baseline = ipgd.baselines.projected_gradient(sensing, max_iter=1)
    with pytest.raises(
        ValueError, match=r"solution: expected one of ipgd\.solve, got one of projected_gradient"
    ):
        split(sensing, baseline)
