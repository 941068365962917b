"""V Wᵀ: implicit balancing and recovery (Soltanolkotabi, Stöger, Xie 2023)."""

from itertools import pairwise

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense


@pytest.fixture(scope="module")
def sensing():
    """Theta* of rank 3, 40 x 60, from m = 5 r (d1 + d2) Gaussian measurements."""
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 60)) / 50
    operator = Dense.gaussian(5 * 3 * (40 + 60), 40, 60, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


def test_the_balance_identity_holds_at_every_step(sensing):
    """(VᵀV - WᵀW)_+ = VᵀV - WᵀW + mu^2 (WᵀGᵀGW - VᵀGGᵀV), G = A*(r)/m, to rounding."""
    mu = 0.1
    iterates = []

    def keep(state):
        iterates.append({name: block.copy() for name, block in state.parameters.items()})

    solution = ipgd.solve(
        sensing,
        ipgd.GD(mu),
        parameterization=ipgd.AsymmetricFactor(40),
        init=ipgd.init.gaussian(0.3),
        record=("imbalance",),
        callback=keep,
        max_iter=60,
        gram=False,
        rng=0,
    )
    assert len(iterates) == 61
    sizes = [np.linalg.norm(at["V"].T @ at["V"] - at["W"].T @ at["W"]) for at in iterates]
    assert solution.history["imbalance"] == pytest.approx(np.array(sizes), rel=1e-12)
    for before, after in pairwise(iterates):
        V, W = before["V"], before["W"]
        G = sensing.operator.residual_adjoint(V @ W.T, sensing.y)[1] / sensing.m
        GW, GtV = G @ W, G.T @ V
        change = mu**2 * (GW.T @ GW - GtV.T @ GtV)
        expected = V.T @ V - W.T @ W + change
        found = after["V"].T @ after["V"] - after["W"].T @ after["W"]
        assert np.abs(found - expected).max() < 1e-13
    # Without the term of order mu^2 it would not hold.
    V, W = iterates[0]["V"], iterates[0]["W"]
    found = iterates[1]["V"].T @ iterates[1]["V"] - iterates[1]["W"].T @ iterates[1]["W"]
    assert np.abs(found - (V.T @ V - W.T @ W)).max() > 1e-5


def test_recovers_with_a_search_rank_far_above_the_rank(sensing):
    solution = ipgd.solve(
        sensing,
        parameterization=ipgd.AsymmetricFactor(40),
        record=("test_error",),
        stop=ipgd.Stop(relative_loss=1e-12),
        rng=0,
    )
    assert solution.success
    assert solution.history["test_error"][-1] < 1e-5
    assert solution.numerical_rank(1e-4) == 3
    # Balanced from a small start: VᵀV - WᵀW has stayed small.
    V, W = solution.parameters["V"], solution.parameters["W"]
    assert np.abs(V.T @ V - W.T @ W).max() < 1e-2 * np.abs(V.T @ V).max()
