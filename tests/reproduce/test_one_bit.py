"""The convex program that bits are compared with."""

import numpy as np
from ipgd.reproduce.figures import one_bit


def test_the_projection_is_the_nearest_matrix():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 4))
    inside = one_bit.project(X, 1e3)
    assert inside is X
    nearest = one_bit.project(X, 2.0)
    assert np.isclose(np.linalg.norm(nearest, "nuc"), 2.0)
    for _ in range(20):
        other = rng.standard_normal((6, 4))
        other *= 2.0 / np.linalg.norm(other, "nuc")
        assert np.linalg.norm(X - nearest) <= np.linalg.norm(X - other)
        # the variational inequality of a projection on a convex set
        assert np.sum((X - nearest) * (other - nearest)) <= 1e-12
