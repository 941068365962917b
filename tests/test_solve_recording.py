"""What a run records, against numpy's computation from the iterates; what a callback sees."""

import gc

import ipgd
import numpy as np
import pytest

EVERYTHING = (
    "loss", "train_error", "test_error", "gradient_norm",
    "perturbation", "signal_norm", "residual_norm", "singular_values",
)  # fmt: skip


def numpy_quantities(problem, parameters):
    A, y, m, truth = problem.operator.to_dense(), problem.y, problem.m, problem.truth
    left, sigma, right = np.linalg.svd(truth)
    rank = np.sum(sigma > 1e-8)
    if "U" in parameters:
        U = parameters["U"]
        theta, c, spectrum = U @ U.T, 0.5, U
        factors = [(U, left[:, :rank])]
    else:
        V, W = parameters["V"], parameters["W"]
        theta, c, spectrum = V @ W.T, 1.0, V @ W.T
        factors = [(V, left[:, :rank]), (W, right[:rank].T)]
    r = np.einsum("iab,ab->i", A, theta) - y
    G = np.einsum("i,iab->ab", r, A) / m
    gradients = [G @ U] if "U" in parameters else [G @ W, G.T @ V]
    inside = [Q.T @ X for X, Q in factors]
    outside = [X - Q @ Q.T @ X for X, Q in factors]
    return {
        "loss": c / (2 * m) * (r @ r),
        "train_error": np.linalg.norm(r) / np.linalg.norm(y),
        "test_error": np.linalg.norm(theta - truth) / np.linalg.norm(truth),
        "gradient_norm": np.sqrt(sum(np.sum(g**2) for g in gradients)),
        "signal_norm": np.sqrt(sum(np.sum(x**2) for x in inside)),
        "residual_norm": np.sqrt(sum(np.sum(x**2) for x in outside)),
        "singular_values": np.linalg.svd(spectrum, compute_uv=False),
    }


@pytest.mark.parametrize("name", ["problem", "rectangular_problem"])
@pytest.mark.parametrize("method", [ipgd.GD(), ipgd.IPGD(radius=1e-3), ipgd.IPGDPlus(radius=1e-3)])
def test_recorded_quantities_are_those_of_the_iterates(name, method, request):
    problem = request.getfixturevalue(name)
    seen = []
    solution = ipgd.solve(
        problem,
        method,
        init=ipgd.init.gaussian(0.3),
        record=EVERYTHING,
        record_every=9,
        n_singular_values=3,
        max_iter=100,
        callback=lambda now: seen.append(
            (
                now.iteration,
                now.loss,
                now.gradient_norm,
                {name: block.copy() for name, block in now.parameters.items()},
            )
        ),
        rng=5,
    )
    history = solution.history
    assert history["iteration"].tolist() == [t for t, *_ in seen]
    for k, (_, loss, gradient_norm, parameters) in enumerate(seen):
        expected = numpy_quantities(problem, parameters)
        assert (loss, gradient_norm) == (history["loss"][k], history["gradient_norm"][k])
        for quantity, value in expected.items():
            want = value[:3] if quantity == "singular_values" else value
            assert history[quantity][k] == pytest.approx(want, rel=1e-9, abs=1e-13), quantity
    assert solution.fun == history["loss"][-1]
    assert solution.gradient_norm == history["gradient_norm"][-1]
    assert solution.train_error == history["train_error"][-1]


@pytest.mark.parametrize("name", ["problem", "rectangular_problem"])
def test_step_norm_is_the_way_since_the_last_record(name, request):
    iterates = []
    solution = ipgd.solve(
        request.getfixturevalue(name),
        record=("step_norm",),
        record_every=7,
        max_iter=30,
        callback=lambda now: iterates.append(
            np.concatenate([block.ravel() for block in now.parameters.values()])
        ),
        rng=5,
    )
    way = np.linalg.norm(np.diff(iterates, axis=0), axis=1)
    assert solution.history["iteration"].tolist() == [0, 7, 14, 21, 28, 30]
    assert solution.history["step_norm"] == pytest.approx([0, *way], rel=1e-12)


def hessian_times(problem, U, V):
    """The Hessian of f for U Uᵀ, along V."""
    A, m = problem.operator.to_dense(), problem.m
    r = np.einsum("iab,ab->i", A, U @ U.T) - problem.y
    change = np.einsum("iab,ab->i", A, V @ U.T + U @ V.T)
    return (np.einsum("i,iab->ab", r, A) @ V + np.einsum("i,iab->ab", change, A) @ U) / m


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_threads", [1, 3])
def test_curvature_is_that_of_the_hessian_along_the_gradient(seed, n_threads):
    problem = ipgd.matrix_sensing(d=10, rank=2, m=200, rng=seed)
    iterates = []
    solution = ipgd.solve(
        problem,
        record=("curvature", "loss"),
        record_every=20,
        max_iter=200,
        callback=lambda now: iterates.append(now.parameters["U"].copy()),
        n_threads=n_threads,
        rng=seed,
    )
    A, m = problem.operator.to_dense(), problem.m
    expected = []
    for U in iterates:
        r = np.einsum("iab,ab->i", A, U @ U.T) - problem.y
        g = np.einsum("i,iab->ab", r, A) @ U / m
        expected.append(np.sum(g * hessian_times(problem, U, g)) / np.sum(g**2))
    largest = np.abs(expected).max()
    assert solution.history["curvature"] == pytest.approx(expected, abs=1e-9 * largest)
    assert solution.history["curvature"][0] < 0  # the run starts near the saddle at zero
    assert 2 / solution.history["curvature"].max() > solution.settings["algorithm"]["step_size"]


def test_recording_curvature_changes_nothing_else(problem, same_bits):
    settings = {"max_iter": 50, "rng": 0}
    with_it = ipgd.solve(problem, record=("curvature", "loss"), **settings)
    del with_it.history["curvature"]
    same_bits(with_it, ipgd.solve(problem, record=("loss",), **settings))


def test_no_gradient_has_no_curvature(problem):
    solution = ipgd.solve(problem, init=ipgd.init.zeros(), record=("curvature",), max_iter=3)
    assert solution.status == "stuck"
    assert np.isnan(solution.history["curvature"]).all()


def test_shapes_and_order_of_the_history(problem):
    solution = ipgd.solve(problem, record=EVERYTHING[::-1], n_singular_values=4, max_iter=5, rng=0)
    assert tuple(solution.history) == ("iteration", *EVERYTHING[::-1])
    assert solution.history["iteration"].dtype == np.int64
    for name in EVERYTHING:
        shape = (6, 4) if name == "singular_values" else (6,)
        assert solution.history[name].shape == shape
        assert solution.history[name].dtype == np.float64


@pytest.mark.parametrize(
    ("asked", "search_rank", "kept"), [(1, 4, 1), (4, 4, 4), (99, 4, 4), (99, 25, 10)]
)
def test_as_many_singular_values_as_there_are(problem, asked, search_rank, kept):
    solution = ipgd.solve(
        problem,
        parameterization=ipgd.SymmetricFactor(search_rank),
        record=("singular_values",),
        n_singular_values=asked,
        max_iter=3,
        rng=0,
    )
    assert solution.history["singular_values"].shape == (4, kept)
    last = np.linalg.svd(solution.parameters["U"], compute_uv=False)[:kept]
    assert solution.history["singular_values"][-1] == pytest.approx(last, rel=1e-10)


@pytest.mark.parametrize(
    ("every", "iterations"),
    [(1, list(range(11))), (4, [0, 4, 8, 10]), (5, [0, 5, 10]), (1000, [0, 10])],
)
def test_the_first_and_the_last_iterate_are_always_recorded(problem, every, iterations):
    solution = ipgd.solve(problem, max_iter=10, record_every=every, rng=0)
    assert solution.history["iteration"].tolist() == iterations
    assert solution.history["loss"][-1] == solution.fun


def test_a_kick_between_records_is_remembered(problem):
    method = ipgd.IPGD(
        step_size=0.02, window=7, gradient_threshold=1e3, radius=1e-6, decrease_threshold=1e-300
    )
    settings = {"record": ("perturbation",), "max_iter": 40, "rng": 0}
    fine = ipgd.solve(problem, method, **settings).history
    coarse = ipgd.solve(problem, method, record_every=5, **settings).history
    kicks = fine["iteration"][fine["perturbation"] == 1]
    assert kicks.tolist() == [0, 8, 16, 24, 32]
    flags = coarse["perturbation"]
    assert flags.tolist() == [1, 0, 1, 0, 1, 1, 0, 1, 0]  # at 0, in 1..5, 6..10, 11..15, ...
    for begin, end, flag in zip(
        coarse["iteration"][:-1], coarse["iteration"][1:], coarse["perturbation"][1:], strict=True
    ):
        assert flag == np.any((kicks > begin) & (kicks <= end))


def test_nothing_but_iterations_may_be_recorded(problem):
    assert list(ipgd.solve(problem, record=(), max_iter=2).history) == ["iteration"]
    assert list(ipgd.solve(problem, record=["loss", "loss"], max_iter=2).history)[1:] == ["loss"]


def test_callback_views_are_read_only_and_without_a_copy(problem):
    addresses = set()

    def look(now):
        (U,) = now.parameters.values()
        assert U.shape == (10, 4)
        assert not U.flags.writeable
        assert not U.flags.owndata
        with pytest.raises(ValueError, match="read-only"):
            U[0, 0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            U.flags.writeable = True
        addresses.add(U.__array_interface__["data"][0])

    ipgd.solve(problem, parameterization=ipgd.SymmetricFactor(4), callback=look, max_iter=20, rng=0)
    assert len(addresses) == 2  # the core's two iterates, in turn


def test_a_view_kept_after_the_run_can_be_read(problem):
    kept = []
    for seed in range(5):
        ipgd.solve(
            problem,
            callback=lambda now: kept.append(now.parameters["U"]),
            max_iter=3,
            rng=seed,
        )
    gc.collect()
    filler = [np.full((10, 10), np.nan) for _ in range(100)]
    assert len(kept) == 20
    assert all(np.isfinite(view).all() for view in kept)
    del filler


def test_what_a_callback_sees_prints_in_a_line(problem):
    texts = []
    ipgd.solve(problem, callback=lambda now: texts.append(repr(now)), max_iter=1, rng=0)
    assert texts[1].startswith("Intermediate(iteration=1, loss=")
    assert "array" not in texts[1]


def test_stop_iteration_ends_the_run(problem):
    def stop_at_six(now):
        if now.iteration == 6:
            raise StopIteration

    solution = ipgd.solve(problem, callback=stop_at_six, record_every=3, rng=0)
    assert (solution.status, solution.nit, solution.success) == ("callback", 6, False)
    assert solution.history["iteration"].tolist() == [0, 3, 6]
    same = ipgd.solve(problem, max_iter=6, rng=0)
    assert solution.parameters["U"].tobytes() == same.parameters["U"].tobytes()


def test_a_run_that_has_ended_keeps_its_status(problem):
    def stop(now):
        if now.iteration == 4:
            raise StopIteration

    assert ipgd.solve(problem, callback=stop, max_iter=4, rng=0).status == "max_iter"


@pytest.mark.parametrize("error", [KeyError, ZeroDivisionError, SystemExit])
def test_errors_in_a_callback_come_out(problem, error):
    def fail(now):
        if now.iteration == 2:
            raise error("from the callback")

    with pytest.raises(error, match="from the callback"):
        ipgd.solve(problem, callback=fail, rng=0)
    assert ipgd.solve(problem, rng=0).success


def test_keyboard_interrupt_in_a_callback_carries_the_solution(problem):
    def interrupt(now):
        if now.iteration == 5:
            raise KeyboardInterrupt

    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve(problem, callback=interrupt, rng=0)
    solution = caught.value.solution
    assert isinstance(caught.value, KeyboardInterrupt)
    assert (solution.status, solution.nit) == ("interrupted", 5)
    same = ipgd.solve(problem, max_iter=5, rng=0)
    assert solution.parameters["U"].tobytes() == same.parameters["U"].tobytes()
    assert solution.history["loss"].tobytes() == same.history["loss"].tobytes()


def test_a_callback_may_solve(problem):
    inner = []
    ipgd.solve(
        problem,
        callback=lambda now: inner.append(ipgd.solve(problem, max_iter=2, rng=0).fun),
        max_iter=3,
        rng=0,
    )
    assert len(set(inner)) == 1
    assert len(inner) == 4
