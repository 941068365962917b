"""Laws of noise."""

import ipgd
import numpy as np
import pytest
from ipgd.problems.noise import Gaussian, Outliers, StudentT
from scipy import stats

M = 4000


GENERATORS = {
    "sensing": lambda noise: ipgd.matrix_sensing(6, 2, M, rng=0, noise=noise),
    "completion": lambda noise: ipgd.matrix_completion(80, 70, 2, M, rng=0, noise=noise),
    "quadratic": lambda noise: ipgd.quadratic_regression(6, 2, M, rng=0, noise=noise),
    "sparse": lambda noise: ipgd.sparse_regression(20, 2, M, rng=0, noise=noise),
}


def added(noise, generator="sensing"):
    """The noise on y, in units of its root mean square."""
    clean, noisy = (GENERATORS[generator](law).y for law in (0.0, noise))
    return (noisy - clean) / np.sqrt(np.mean(clean**2))


def test_a_number_is_a_gaussian_scale():
    assert np.array_equal(added(0.3), added(Gaussian(0.3)))
    assert stats.kstest(added(0.3) / 0.3, "norm").pvalue > 1e-3
    assert not added(0.0).any()


@pytest.mark.parametrize("degrees", [1.0, 2.5, 10.0])
def test_heavy_tails_are_student_s(degrees):
    law = StudentT(0.1, degrees)
    assert stats.kstest(added(law) / 0.1, "t", args=(degrees,)).pvalue > 1e-3


def test_outliers_are_few_and_the_rest_is_exact():
    noise = added(Outliers(0.05, scale=7.0))
    hit = noise[np.abs(noise) > 1e-12]
    assert len(hit) == 0.05 * M
    assert stats.kstest(hit / 7, "norm").pvalue > 1e-3
    assert not added(Outliers(0.0)).any()


def test_laws_add_up():
    both = added([Gaussian(0.1), Outliers(0.1, 50.0)])
    assert np.median(np.abs(both)) < 0.1
    assert np.count_nonzero(np.abs(both) > 1) > 0.08 * M


@pytest.mark.parametrize("generator", GENERATORS)
def test_every_generator_takes_them(generator):
    """Another seed of the same law for each, since each has drawn something else before."""
    assert stats.kstest(added(0.3, generator) / 0.3, "norm").pvalue > 1e-3
    assert stats.kstest(added(StudentT(0.1, 2.0), generator) / 0.1, "t", (2.0,)).pvalue > 1e-3
    noise = added([Outliers(0.1, 50.0)], generator)
    assert np.count_nonzero(noise) == 0.1 * M
    with pytest.raises(TypeError, match=r"noise: expected a number, .*StudentT.*, got 'loud'"):
        GENERATORS[generator]("loud")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Gaussian(-1), "scale: expected a finite number >= 0, got -1"),
        (lambda: StudentT(0.1, 0), "degrees_of_freedom: expected a finite positive number, got 0"),
        (lambda: Outliers(1.5), "fraction: expected a number from 0 to 1, got 1.5"),
        (lambda: Outliers(0.1, np.inf), "scale: expected a finite number >= 0, got inf"),
    ],
)
def test_what_makes_no_sense_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("noise", [[0.1], "loud", [Gaussian(0.1), 0.2]])
def test_other_things_are_refused(noise):
    with pytest.raises(TypeError, match="noise: expected a number"):
        ipgd.matrix_sensing(6, 2, 20, noise=noise)
