"""IPGD_TEST_SEED reaches whatever the tests and the package draw."""

import ipgd
import numpy as np


def plain(seed):
    return np.random.Generator(np.random.PCG64(seed))


def test_the_offset_is_added_to_every_seed(seed_offset):
    assert np.random.default_rng(3).random() == plain(3 + seed_offset).random()
    listed = [3, 4, seed_offset] if seed_offset else [3, 4]
    assert np.random.default_rng([3, 4]).random() == plain(listed).random()
    generator = plain(3)
    assert np.random.default_rng(generator) is generator


def test_the_package_draws_with_the_offset(seed_offset):
    one = ipgd.matrix_sensing(6, 2, 30, rng=3)
    other = ipgd.matrix_sensing(6, 2, 30, rng=plain(3 + seed_offset))
    assert np.array_equal(one.truth, other.truth)
    assert np.array_equal(one.y, other.y)
