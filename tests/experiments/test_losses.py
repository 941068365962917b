"""Huber's loss against outliers, and bits beside nuclear-norm likelihood: small."""

from dataclasses import replace

import numpy as np
from ipgd.experiments import one_bit, outliers

SENSING = outliers.Size(d=20, rank=2, m=500, d1=40, d2=30, fraction=0.6, seeds=3, max_iter=5000)


def test_huber_recovers_to_the_noise_where_the_squared_loss_is_far_off():
    for by_loss in outliers.measure(SENSING).values():
        ends = {
            label: np.median([errors[-1] for _, errors in runs]) for label, runs in by_loss.items()
        }
        assert ends["Huber"] < 4 * ends["squared, no outliers"]
        assert ends["squared"] > 10 * ends["Huber"]


def test_factors_tell_unseen_probabilities_better_than_the_nuclear_norm():
    size = one_bit.Size(d1=80, d2=60, seeds=3, max_iter=150)
    constant, convex, ours = (np.median(errors) for errors in one_bit.measure(size).values())
    assert ours < convex < constant


def test_the_projection_is_the_nearest_matrix():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 4))
    inside = one_bit._project(X, 1e3)
    assert inside is X
    nearest = one_bit._project(X, 2.0)
    assert np.isclose(np.linalg.norm(nearest, "nuc"), 2.0)
    for _ in range(20):
        other = rng.standard_normal((6, 4))
        other *= 2.0 / np.linalg.norm(other, "nuc")
        assert np.linalg.norm(X - nearest) <= np.linalg.norm(X - other)
        # the variational inequality of a projection on a convex set
        assert np.sum((X - nearest) * (other - nearest)) <= 1e-12


def test_they_print_and_draw(tmp_path, capsys):
    tiny = replace(SENSING, d=6, m=40, d1=8, d2=6, seeds=1, max_iter=30)
    outliers.main(["--output", str(tmp_path / "a.png")], tiny)
    bits = one_bit.Size(d1=8, d2=6, rank=1, seeds=1, max_iter=20)
    one_bit.main(["--output", str(tmp_path / "b.png")], bits)
    assert (tmp_path / "a.png").stat().st_size > 1000
    assert (tmp_path / "b.png").stat().st_size > 1000
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7 + 4
