"""Ctrl-C in a baseline keeps what there is."""

import ipgd
import numpy as np
import pytest
from ipgd import baselines


def completion():
    return ipgd.matrix_completion(20, 15, rank=2, fraction=0.6, rng=0)


METHODS = {
    "soft_impute": baselines.soft_impute,
    "rank": lambda p, **o: baselines.projected_gradient(p, rank=2, relative_loss=0, **o),
    "nuclear_norm": lambda p, **o: baselines.nuclear_norm(p, tolerance=1e-12, **o),
    "penalised": lambda p, **o: baselines.nuclear_norm(p, 1e-3, tolerance=1e-12, **o),
}


@pytest.fixture
def interrupting(monkeypatch):
    """Makes the n-th measurement of a run end in a KeyboardInterrupt."""

    def after(problem, calls):
        kind, left = type(problem.operator), [calls]
        for name in ("forward", "residual_adjoint"):
            original = getattr(kind, name)

            def counted(*a, original=original, **k):
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
                return original(*a, **k)

            monkeypatch.setattr(kind, name, counted)

    return after


@pytest.mark.parametrize("method", METHODS)
def test_the_last_iterate_is_kept(method, interrupting, tmp_path):
    problem = completion()
    interrupting(problem, 400)
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        METHODS[method](problem, max_iter=3000, record_every=7)
    solution = caught.value.solution
    assert (solution.status, solution.success) == ("interrupted", False)
    assert "interrupted" in solution.message
    assert solution.nit > 0
    assert solution.history["iteration"][-1] == solution.nit
    assert np.isfinite(solution.theta()).all()
    r = problem.operator.forward(solution.theta()) - problem.y
    train_error = np.linalg.norm(r) / np.linalg.norm(problem.y)
    assert solution.train_error == pytest.approx(train_error, rel=1e-10, abs=1e-12)
    assert solution.train_error < 1
    solution.save(tmp_path / "run.npz")
    assert ipgd.load_solution(tmp_path / "run.npz").nit == solution.nit


@pytest.mark.parametrize("method", METHODS)
def test_before_the_first_iterate_there_is_nothing_to_keep(method, interrupting):
    problem = completion()
    interrupting(problem, 1)
    with pytest.raises(KeyboardInterrupt) as caught:
        METHODS[method](problem)
    assert not isinstance(caught.value, ipgd.SolveInterrupted)
