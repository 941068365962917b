"""What narrow storage costs, against what unit roundoffs allow."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from ipgd.operators import DenseSymmetric
from ipgd.reproduce.figures import storage

SIZE = storage.Setting(d=16, rank=2, m=400)
ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8}
REACHED = 1e-6  # the residual at which a solve ends
# ||A(Theta) - y|| = e ||y|| leaves an error e / (smallest singular value of A / sqrt(m)): that is
# 1 - sqrt(p/m) for a Gaussian A with 400 rows of 136 numbers (Gordon); ||y|| ~ sqrt(m) ||Theta||.
CONDITION = 1 / (1 - math.sqrt(136 / 400))


def rows_of(values):
    """The errors of each pair by name."""
    return [
        SimpleNamespace(
            storage=pair[0], sums=pair[1], **dict(zip(storage.QUANTITIES, errors, strict=True))
        )
        for pair, errors in zip(storage.PAIRS, values, strict=True)
    ]


@pytest.fixture(scope="module")
def given():
    return rows_of(storage.given(SIZE, 0))


@pytest.fixture(scope="module")
def drawn():
    return rows_of(storage.drawn(SIZE, 0))


def largest_over_rms():
    """Of the entries of an A_i, in the mean: int8 rounds to half of 1/127 of the largest."""
    A = np.random.default_rng([0, 1]).standard_normal((SIZE.m, SIZE.d, SIZE.d))
    A = (A + np.swapaxes(A, 1, 2)) / 2
    largest = np.abs(A).max(axis=(1, 2))
    return np.sqrt(np.mean(largest**2) / np.mean(A**2))


def test_the_pairs_exist():
    for pair in storage.PAIRS:
        operator = DenseSymmetric.gaussian(2, 2, rng=0, dtype=pair[0], sums=pair[1])
        assert (operator.storage, operator.sums) == pair


def test_rounding_given_matrices_costs_about_the_unit_roundoff(given):
    """Errors are spread evenly below it, so their root mean square is between u/4 and u.

    sqrt(1/3) of the largest on average for int8; a float32 sum of 136 terms in lanes adds a few u.
    """
    for row in given:
        if row.storage == "float64":
            assert (row.y, row.gradient) == (0, 0)
            continue
        u = ROUNDOFF.get(row.storage, largest_over_rms() / 254 * 2 / math.sqrt(3))
        sums = 8 * ROUNDOFF[row.sums]
        assert u / 4 < row.y < u + sums
        assert u / 8 < row.gradient < u + sums


def test_the_recovered_matrix_has_at_most_a_multiple_of_the_error_of_y(given):
    """The fit is no worse than the truth, whose residual is the error of y: twice that in all."""
    for row in given:
        assert row.matrix < CONDITION * (REACHED + 2 * row.y)
        assert row.residual < REACHED + row.y
    floors = [row for row in given if row.storage in ("bfloat16", "int8")]
    for row in floors:
        assert row.matrix > 0.05 * row.y
        assert row.residual > 0.3 * row.y


def test_nothing_is_lost_in_an_ensemble_that_is_measured_as_it_is_stored(drawn):
    for row in drawn:
        # against the same entries: a few roundoffs of the sums, and of the factor sqrt(2)
        assert row.y < 8 * ROUNDOFF[row.sums]
        assert row.gradient < 16 * ROUNDOFF[row.sums]
        assert row.residual <= REACHED
        assert row.matrix < CONDITION * REACHED
    narrow = [row.y for row in drawn if row.sums == "float32"]
    assert min(narrow) > ROUNDOFF["float32"] / 16  # float32 sums are measured as such
