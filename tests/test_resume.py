"""A run in pieces is the run at once, bit for bit: every algorithm, cut anywhere."""

import functools
from dataclasses import replace

import ipgd
import numpy as np
import pytest
from ipgd import baselines

RECORD = (
    "loss", "gradient_norm", "perturbation", "epoch",
    "step_norm", "curvature", "singular_values",
)  # fmt: skip
N = 60
METHODS = {
    "GD": ipgd.GD(),
    "SGD": ipgd.SGD(batch_size=30),
    "SGD with replacement": ipgd.SGD(batch_size=30, replacement=True),
    "SGD on entries": ipgd.SGD(batch_size=20),
    "PGD": ipgd.PGD(radius=1e-2, gradient_threshold=0.3, window=9, decrease_threshold=1e-12),
    "IPGD": ipgd.IPGD(radius=1e-3, window=5, gradient_threshold=1.0),
    "IPGDPlus": ipgd.IPGDPlus(radius=1e-3),
    "AcceleratedGD": ipgd.AcceleratedGD(momentum=0.7),
    "heavy ball": ipgd.AcceleratedGD(momentum=0.7, kind="heavy_ball"),
    "onset": ipgd.AcceleratedGD(momentum="adaptive", onset=0.3),
    "NormalizedGD": ipgd.NormalizedGD(step_size=1e-2, decay=0.9),
    "ScaledGD": ipgd.ScaledGD(step_size=0.1, damping=0.1),
    "PrecGD": ipgd.ScaledGD(step_size=0.1, damping="loss"),
    "AltScaledGD": ipgd.AltScaledGD(step_size=0.1),
    "TruncatedGD": ipgd.TruncatedGD(),
}


@functools.cache
def sensing():
    return ipgd.matrix_sensing(d=10, rank=2, m=200, rng=0)


@functools.cache
def problem_for(method):
    """A problem and a model that the method is made for."""
    if method in ("AltScaledGD", "SGD on entries"):
        problem = ipgd.matrix_completion(14, 9, rank=2, fraction=0.6, rng=0)
        return problem, ipgd.AsymmetricFactor(3)
    if method == "TruncatedGD":
        return ipgd.quadratic_regression(d=10, rank=2, m=300, rng=0), ipgd.SymmetricFactor(4)
    return sensing(), ipgd.SymmetricFactor(3)


def first_piece(method, max_iter, **options):
    problem, model = problem_for(method)
    settings = {"record": RECORD, "record_every": 4, "rng": 3, "gram": None} | options
    return ipgd.solve(
        problem,
        METHODS[method],
        parameterization=model,
        max_iter=max_iter,
        stop=ipgd.Stop(relative_loss=1e-24),
        **settings,
    )


@functools.cache
def whole(method, gram=None):
    solution = first_piece(method, N, gram=gram)
    assert solution.status == "max_iter"
    return solution


def through_a_file(solution, folder):
    solution.save(folder / "run.npz")
    return ipgd.load_solution(folder / "run.npz")


def assert_whole(solution, expected, same_bits):
    same_bits(solution, expected)
    assert solution.perturbations == expected.perturbations
    assert solution.settings == expected.settings


@pytest.mark.parametrize("cuts", [(1,), (17, 23), (22, 39)], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_a_run_in_pieces_is_the_run_at_once(method, cuts, tmp_path, same_bits):
    problem, _ = problem_for(method)
    solution = first_piece(method, cuts[0], n_threads=1)
    for max_iter in (*cuts[1:], N):
        loaded = through_a_file(solution, tmp_path)
        solution = ipgd.resume(problem, solution, max_iter=max_iter, n_threads=2)
        again = ipgd.resume(problem, loaded, max_iter=max_iter, n_threads=1)
        same_bits(again, solution)
    assert_whole(solution, whole(method), same_bits)


def test_a_run_goes_on_in_another_process(tmp_path, output_of, same_bits, seed_offset):
    first_piece("heavy ball", 20).save(tmp_path / "run.npz")
    output_of(
        f"""
        import ipgd
        problem = ipgd.matrix_sensing(d=10, rank=2, m=200, rng={seed_offset})
        part = ipgd.load_solution({str(tmp_path / "run.npz")!r})
        ipgd.resume(problem, part, max_iter={N}).save({str(tmp_path / "whole.npz")!r})
        """
    )
    solution = ipgd.load_solution(tmp_path / "whole.npz")
    assert_whole(solution, whole("heavy ball"), same_bits)


@pytest.mark.parametrize("method", ["PGD", "IPGD"])
def test_cuts_between_a_kick_and_its_escape_check(method, same_bits):
    problem, _ = problem_for(method)
    kicks = np.flatnonzero(first_piece(method, N, record_every=1).history["perturbation"])
    assert len(kicks) > 1
    for cut in range(kicks[1] - 1, kicks[1] + 11):
        part = first_piece(method, int(cut))
        assert_whole(ipgd.resume(problem, part, max_iter=N), whole(method), same_bits)


@pytest.mark.parametrize("gram", [True, False])
@pytest.mark.parametrize("method", ["GD", "PGD", "AcceleratedGD"])
def test_the_choice_of_the_gram_is_kept(method, gram, tmp_path, same_bits):
    problem, _ = problem_for(method)
    part = through_a_file(first_piece(method, 21, gram=gram), tmp_path)
    solution = ipgd.resume(problem, part, max_iter=N)
    assert solution.settings["operator"]["gram"] is gram
    assert_whole(solution, whole(method, gram), same_bits)


@pytest.mark.parametrize("gram", [True, False])
def test_chunks_shared_by_threads(chunked_problem, gram, same_bits):
    run = functools.partial(ipgd.solve, chunked_problem, ipgd.IPGDPlus(), gram=gram, rng=1)
    part = run(max_iter=7, n_threads=2)
    solution = ipgd.resume(chunked_problem, part, max_iter=15, n_threads=1)
    same_bits(solution, run(max_iter=15, n_threads=2))


def test_settings_resolved_at_the_start_are_kept():
    """PGD's "auto" function_gap is f at the first start, not at the cut."""
    problem, model = problem_for("PGD")
    method = ipgd.PGD(step_size=0.05)
    run = functools.partial(ipgd.solve, problem, method, parameterization=model, rng=0)
    solution = ipgd.resume(problem, run(max_iter=100), max_iter=110)
    assert solution.settings == run(max_iter=110).settings
    assert solution.nit == 110


@pytest.mark.parametrize("method", ["GD", "SGD", "PGD", "IPGDPlus", "heavy ball"])
@pytest.mark.parametrize("by", [StopIteration, KeyboardInterrupt])
def test_runs_broken_off_by_a_callback(method, by, tmp_path, same_bits):
    problem, _ = problem_for(method)

    def callback(intermediate):
        if intermediate.iteration >= 20:
            raise by

    try:
        part = first_piece(method, N, callback=callback)
        assert part.status == "callback"
    except ipgd.SolveInterrupted as interrupted:
        part = interrupted.solution
        assert part.status == "interrupted"
    assert part.nit == 20
    seen = []
    solution = ipgd.resume(
        problem, through_a_file(part, tmp_path), callback=lambda i: seen.append(i.iteration)
    )
    assert_whole(solution, whole(method), same_bits)
    assert seen == list(range(20, N + 1, 4))


def test_a_run_whose_stopping_rule_held_goes_on_under_a_stricter_one(same_bits):
    problem, model = problem_for("GD")
    run = functools.partial(ipgd.solve, problem, parameterization=model, rng=0, record_every=7)
    part = run(stop=ipgd.Stop(relative_loss=1e-4))
    assert part.status == "relative_loss"
    same_bits(ipgd.resume(problem, part), part)
    strict = ipgd.Stop(relative_loss=1e-9)
    solution = ipgd.resume(problem, part, stop=strict)
    assert solution.nit > part.nit
    assert_whole(solution, run(stop=strict), same_bits)


def bowl():
    """Its minimum, Theta = 0, is where IPGD starts: no kick helps."""
    operator = ipgd.operators.DenseSymmetric.gaussian(800, 10, rng=0)
    return ipgd.Problem(operator, -operator.forward(np.eye(10)))


ENDS = {
    "diverged": lambda: (sensing(), ipgd.GD(100.0), ipgd.init.gaussian()),
    "singular": lambda: (sensing(), ipgd.ScaledGD(0.1, damping=0), np.eye(10, 10) * [1, *[0] * 9]),
    "second_order": lambda: (bowl(), ipgd.IPGD(radius=1e-3, window=20), ipgd.init.zeros()),
    "stuck": lambda: (sensing(), ipgd.GD(), ipgd.init.zeros()),
}


@pytest.mark.parametrize("status", ENDS)
def test_a_run_that_came_to_its_own_end_stays_there(status, tmp_path, same_bits):
    problem, method, init = ENDS[status]()
    end = ipgd.solve(problem, method, init=init, max_iter=200, rng=0)
    assert end.status == status
    for solution in (end, through_a_file(end, tmp_path)):
        same_bits(ipgd.resume(problem, solution, max_iter=300), end)


def test_a_state_survives_a_file_and_takes_no_room_twice(tmp_path):
    part = first_piece("heavy ball", 20)
    loaded = through_a_file(part, tmp_path)
    assert loaded.state.about() == part.state.about()
    arrays = part.state.arrays()
    assert arrays.keys() == {"memory", "anchor", "recorded"}  # the parameters are there already
    assert arrays["memory"].size == 30
    assert arrays["anchor"].size == 0
    for name, array in loaded.state.arrays().items():
        assert array.tobytes() == arrays[name].tobytes()


def test_a_batch_goes_on_as_its_runs_do(tmp_path, same_bits):
    methods = ["GD", "SGD", "PGD", "IPGDPlus", "NormalizedGD"]
    parts = [first_piece(m, cut) for m, cut in zip(methods, (5, 13, 22, 30, 41), strict=True)]
    parts.append(ipgd.solve(sensing(), ipgd.GD(100.0), rng=0, max_iter=N))
    assert parts[-1].status == "diverged"
    solutions = ipgd.resume_batch(sensing(), parts, max_iter=N)
    for method, solution in zip(methods, solutions, strict=False):
        assert_whole(solution, whole(method), same_bits)
    assert solutions[-1] is parts[-1]
    assert ipgd.resume_batch(sensing(), parts[-1:]) == parts[-1:]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_batch_that_is_interrupted_goes_on(same_bits, n_threads):
    asked = []

    def progress(iteration, loss):
        asked.append(iteration)
        raise KeyboardInterrupt

    ended = ipgd.solve(sensing(), ipgd.GD(100.0), rng=0, max_iter=N)
    parts = [ended, first_piece("GD", 9), first_piece("heavy ball", 13)]
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.resume_batch(sensing(), parts, max_iter=N, progress=progress, n_threads=n_threads)
    assert asked == [9]
    between = caught.value.solutions
    assert between[0] is ended
    assert between[1].status == "interrupted"
    # Another thread may have come to the end before it heard of it.
    assert between[2].status in ("interrupted", "max_iter")[:n_threads]
    for method, solution in zip(
        ["GD", "heavy ball"], ipgd.resume_batch(sensing(), between)[1:], strict=True
    ):
        assert_whole(solution, whole(method), same_bits)


class MyGD(ipgd.GD):
    """An algorithm of a user's own."""


def other_y(problem):
    return ipgd.Problem(problem.operator, 2 * problem.y)


REFUSED = {
    "another y": (lambda p, s: ipgd.resume(other_y(p), s), "problem: .* another y"),
    "another operator": (
        lambda p, s: ipgd.resume(problem_for("TruncatedGD")[0], s),
        "problem: .* name DenseSymmetric, got RankOne",
    ),
    "another storage": (
        lambda p, s: ipgd.resume(ipgd.matrix_sensing(10, 2, 200, dtype="float64", rng=0), s),
        "problem: .* storage float32, got float64",
    ),
    "another shape": (
        lambda p, s: ipgd.resume(ipgd.matrix_sensing(9, 2, 200, rng=0), s),
        r"problem: .* matrix_shape \[10, 10\], got \[9, 9\]",
    ),
    "less than is done": (
        lambda p, s: ipgd.resume(p, s, max_iter=9),
        "max_iter: expected at least the 10 iterations done, got 9",
    ),
    "a baseline's": (
        lambda p, s: ipgd.resume(p, baselines.projected_gradient(p, rank=2, max_iter=5)),
        "solution: expected one that ipgd.solve made",
    ),
    "without state": (lambda p, s: ipgd.resume(p, replace(s, state=None)), "solution: expected"),
    "one's own algorithm": (
        lambda p, s: ipgd.resume(p, ipgd.solve(p, MyGD(), max_iter=3, rng=0)),
        "solution: expected one that ipgd.solve made with one of its own algorithms",
    ),
    "lengths": (
        lambda p, s: ipgd.resume_batch([p], [s, s]),
        r"problem: expected as many as solutions \(2\), got 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_go_on_is_refused(case):
    call, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        call(sensing(), first_piece("GD", 10))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, s: ipgd.resume(p, p), "solution: expected an ipgd.Solution"),
        (lambda p, s: ipgd.resume(s, s), "problem: expected an ipgd.Problem"),
        (lambda p, s: ipgd.resume(p, s, max_iter=1.5), "max_iter: expected an integer"),
        (lambda p, s: ipgd.resume(p, s, stop=1e-3), "stop: expected an ipgd.Stop"),
        (lambda p, s: ipgd.resume(p, s, callback=1), "callback: expected a function"),
        (lambda p, s: ipgd.resume(p, s, progress=1), "progress: expected True, False"),
        (lambda p, s: ipgd.resume(p, s, n_threads=1.5), "n_threads: expected an integer"),
        (ipgd.resume_batch, "solutions: expected a sequence"),
        (lambda p, s: ipgd.resume_batch(None, [s]), "problem: expected an ipgd.Problem or a seq"),
        (
            lambda p, s: ipgd.resume_batch(p, [s, p]),
            r"solution: expected an ipgd.Solution.*\(run 1 of the batch\)",
        ),
    ],
)
@pytest.mark.parametrize("over", [False, True])
def test_wrong_types_are_named(call, message, over):
    part = ipgd.solve(sensing(), ipgd.GD(50.0), rng=0) if over else first_piece("GD", 10)
    with pytest.raises(TypeError, match=message):
        call(sensing(), part)


def test_a_path_goes_on_as_its_solution_does(tmp_path, same_bits):
    part = first_piece("GD", 10)
    part.save(tmp_path / "run.npz")
    for path in (tmp_path / "run.npz", str(tmp_path / "run.npz")):
        assert_whole(ipgd.resume(sensing(), path, max_iter=N), whole("GD"), same_bits)
        batch = ipgd.resume_batch(sensing(), [path, part], max_iter=N)
        for solution in batch:
            assert_whole(solution, whole("GD"), same_bits)
    with pytest.raises(FileNotFoundError, match="path: expected a whole file written by"):
        ipgd.resume(sensing(), tmp_path / "gone.npz")


def test_a_budget_below_an_interrupted_step_is_explained():
    def callback(intermediate):
        if intermediate.iteration >= 20:
            raise KeyboardInterrupt

    with pytest.raises(ipgd.SolveInterrupted) as caught:
        first_piece("heavy ball", N, callback=callback, record_every=1)
    part = caught.value.solution
    state = replace(part.state, iteration=part.nit + 1, theta=part.parameters["U"].reshape(-1))
    ahead = replace(part, state=replace(state, ahead=True))
    words = "max_iter: expected at least the 20 iterations done and the one that was interrupted"
    with pytest.raises(ValueError, match=f"{words}, got 20"):
        ipgd.resume(sensing(), ahead, max_iter=20)
    with pytest.raises(ValueError, match="max_iter: expected at least the 20 iterations done, got"):
        ipgd.resume(sensing(), part, max_iter=19)
