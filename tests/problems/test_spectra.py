"""Singular values of the truth, square and rectangular."""

import ipgd
import numpy as np
import pytest
from ipgd.problems.spectra import Flat, Given, Linear, PowerLaw

SPECTRA = [
    (Flat(), [1, 1, 1]),
    (Linear(10), [1, 0.55, 0.1]),
    (PowerLaw(2), [1, 1 / 4, 1 / 9]),
    (Given([2.0, 7.0, 3.0]), [7, 3, 2]),
]


@pytest.mark.parametrize(("spectrum", "expected"), SPECTRA)
@pytest.mark.parametrize("d", [8, (8, 6)])
def test_the_truth_has_the_spectrum(spectrum, expected, d):
    problem = ipgd.matrix_sensing(d, 3, 30, rng=0, spectrum=spectrum)
    sigma = np.linalg.svd(problem.truth, compute_uv=False)
    assert np.allclose(sigma[:3], expected, rtol=1e-12)
    assert np.all(sigma[3:] < 1e-14 * sigma[0])
    assert problem.operator.symmetric == (d == 8)


def test_a_condition_number_is_a_linear_spectrum():
    one = ipgd.matrix_sensing(8, 3, 30, rng=0, condition_number=4)
    other = ipgd.matrix_sensing(8, 3, 30, rng=0, spectrum=Linear(4))
    assert np.array_equal(one.y, other.y)


def test_a_rectangular_truth_has_factors_with_unit_columns_and_is_recovered():
    problem = ipgd.matrix_sensing((9, 6), 2, 200, rng=1)
    assert problem.operator.matrix_shape == (9, 6)
    assert np.array_equal(problem.y, problem.operator.forward(problem.truth))
    assert np.linalg.matrix_rank(problem.truth) == 2
    assert np.linalg.norm(problem.truth, "nuc") <= 2 + 1e-12  # sum of ||v_i|| ||w_i||
    solution = ipgd.solve(problem, record=("test_error",), rng=0)
    assert solution.history["test_error"][-1] < 1e-3


@pytest.mark.parametrize(("spectrum", "expected"), SPECTRA)
def test_every_generator_takes_a_spectrum(spectrum, expected):
    completion = ipgd.matrix_completion(9, 7, 3, 40, rng=0, spectrum=spectrum)
    network = ipgd.quadratic_regression(8, 3, 30, rng=0, spectrum=spectrum)
    vector = ipgd.sparse_regression(20, 3, 15, rng=0, spectrum=spectrum, magnitude=2)
    for problem in (completion, network):
        sigma = np.linalg.svd(problem.truth_matrix(), compute_uv=False)
        assert np.allclose(sigma[:3], expected, rtol=1e-12)
        assert np.all(sigma[3:] < 1e-14 * sigma[0])
    entries = np.abs(vector.truth[vector.truth != 0])
    assert np.allclose(sorted(entries), 2 * np.sort(np.array(expected, float)), rtol=1e-15)


@pytest.mark.parametrize(
    "draw",
    [
        lambda **s: ipgd.matrix_completion(9, 7, 3, 40, **s),
        lambda **s: ipgd.quadratic_regression(8, 3, 30, **s),
    ],
)
def test_a_condition_number_is_a_linear_spectrum_everywhere(draw):
    one, other = draw(rng=0, condition_number=4), draw(rng=0, spectrum=Linear(4))
    assert np.array_equal(one.y, other.y)
    with pytest.raises(ValueError, match="spectrum: expected None beside a condition_number"):
        draw(condition_number=4, spectrum=Linear(4))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"spectrum": Flat(), "condition_number": 2}, "spectrum: expected None beside"),
        (
            {"spectrum": Given([1.0, 2.0])},
            "sigma: expected 3 values, as many as the rank .*, got 2",
        ),
        ({"condition_number": 0.5}, "condition_number: expected a number >= 1, got 0.5"),
        ({"d": (4, 5, 6)}, "d: expected an integer or a pair of integers"),
        ({"d": (2, 9)}, r"rank: expected at most min\(d1, d2\) = 2, got 3"),
    ],
)
def test_problems_that_make_no_sense_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        ipgd.matrix_sensing(**({"d": 8, "rank": 3, "m": 30} | arguments))


def test_spectra_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="exponent: expected a finite number >= 0, got -1"):
        PowerLaw(-1)
    with pytest.raises(ValueError, match="sigma: expected positive numbers, got 0"):
        Given([1.0, 0.0])
    with pytest.raises(TypeError, match="spectrum: expected a value such as"):
        ipgd.matrix_sensing(8, 3, 30, spectrum="flat")
    with pytest.raises(TypeError, match="spectrum: expected a value such as"):
        ipgd.sparse_regression(8, 3, 30, spectrum=Flat)
