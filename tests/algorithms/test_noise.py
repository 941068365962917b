"""The law of the perturbations."""

import ipgd
import numpy as np
import pytest
from ipgd import _core
from scipy import stats

SAMPLES = 4000
DIMENSIONS = (1, 2, 3, 10, 120)
# Seeds are fixed, so a p-value is a constant: far above any reasonable level of rejection.
LEVEL = 1e-3


@pytest.fixture(scope="module")
def draw(noise_of):
    def of(law, size, *, radius=1.0, rng=12345, count=SAMPLES):
        return noise_of(law, (size, 1), radius, rng, count).reshape(count, size)

    return of


@pytest.mark.parametrize("n", DIMENSIONS)
@pytest.mark.parametrize("radius", [1.0, 1e-10])
def test_radius_of_uniform_noise_follows_the_volume_of_the_ball(n, radius, draw):
    lengths = np.linalg.norm(draw("uniform", n, radius=radius), axis=1) / radius
    assert lengths.max() <= 1 + 1e-12
    assert stats.kstest(lengths, lambda u: np.clip(u, 0, 1) ** n).pvalue > LEVEL


@pytest.mark.parametrize("n", DIMENSIONS)
def test_a_wrong_radius_law_is_noticed(n, draw):
    lengths = np.linalg.norm(draw("uniform", n), axis=1)
    assert stats.kstest(lengths, lambda u: np.clip(u, 0, 1) ** (1.15 * n)).pvalue < LEVEL


@pytest.mark.parametrize("n", DIMENSIONS)
def test_directions_of_uniform_noise_are_isotropic(n, draw):
    xi = draw("uniform", n)
    directions = xi / np.linalg.norm(xi, axis=1, keepdims=True)
    # the square of one coordinate of a uniform direction is Beta(1/2, (n-1)/2)
    if n > 1:
        law = stats.beta(0.5, (n - 1) / 2)
        for j in {0, n // 2, n - 1}:
            assert stats.kstest(directions[:, j] ** 2, law.cdf).pvalue > LEVEL
    mean = np.linalg.norm(directions.mean(axis=0)) * np.sqrt(SAMPLES)
    assert mean < np.sqrt(stats.chi2(n).ppf(1 - LEVEL) / n)
    covariance = n * directions.T @ directions / SAMPLES
    spread = (1 + np.sqrt(n / SAMPLES)) ** 2 - 1
    assert np.linalg.norm(covariance - np.eye(n), 2) < 1.5 * spread


def test_radius_and_direction_of_uniform_noise_are_independent(draw):
    xi = draw("uniform", 3)
    lengths = np.linalg.norm(xi, axis=1)
    cosines = np.abs(xi[:, 0]) / lengths
    assert abs(stats.spearmanr(lengths, cosines).statistic) < 4 / np.sqrt(SAMPLES)


@pytest.mark.parametrize("n", DIMENSIONS)
def test_gaussian_noise_has_the_radius_as_root_mean_square_length(n, draw):
    xi = draw("gaussian", n, radius=2.0)
    second = np.mean(np.sum(xi**2, axis=1))
    assert second == pytest.approx(4, abs=4 * 5 * np.sqrt(2 / n / SAMPLES))
    entries = xi[:, 0] * np.sqrt(n) / 2
    assert stats.kstest(entries, stats.norm.cdf).pvalue > LEVEL


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_noise_is_a_function_of_key_and_iteration(noise, draw):
    assert np.array_equal(draw(noise, 7, count=20), draw(noise, 7, count=20))
    other = draw(noise, 7, rng=54321, count=20)
    assert not np.any(other == draw(noise, 7, count=20))
    steps = draw(noise, 7, count=20)
    assert len(np.unique(steps)) == steps.size


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_powers_of_two_scale_the_noise_exactly(noise, draw):
    unit = draw(noise, 9, count=50)
    assert np.array_equal(draw(noise, 9, radius=2.0**-40, count=50), unit * 2.0**-40)


def test_normals_are_normal_and_addressed_by_position():
    z = _core.normals(7, 3, 0, 20000).astype(float)
    assert stats.kstest(z, stats.norm.cdf).pvalue > LEVEL
    assert np.array_equal(_core.normals(7, 3, 1001, 257), _core.normals(7, 3, 0, 20000)[1001:1258])


def test_every_seed_has_a_key_of_its_own(problem):
    """Of 64 bits."""
    method = ipgd.IPGDPlus()
    runs = [ipgd.solve(problem, method, max_iter=0, rng=seed) for seed in range(300)]
    keys = {run.settings["keys"]["perturbation"] for run in runs}
    assert len(keys) == 300
    assert 2**63 < max(keys) < 2**64
