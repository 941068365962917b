"""Files whose checksum is right and whose contents no run can have left."""

import copy
import json

import ipgd
import numpy as np
import pytest
from ipgd import solution as saved

N = 18  # parameters
REFUSED = r"path: expected a whole file written by Solution\.save"


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(6, 2, 100, rng=0)


@pytest.fixture(scope="module")
def parts(problem, tmp_path_factory):
    """The fields and the arrays of the file of an interrupted run with momentum."""
    path = tmp_path_factory.mktemp("run") / "run.npz"
    model, method = ipgd.SymmetricFactor(3), ipgd.AcceleratedGD()
    ipgd.solve(problem, method, parameterization=model, max_iter=5, rng=0).save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays.pop("sha256")
    return json.loads(str(arrays.pop("about"))), arrays


def write(path, about, arrays):
    """A file of these, with the right checksum."""
    text = json.dumps(about)
    digest = saved._digest(arrays, text)
    np.savez(path, about=np.array(text), sha256=np.array(digest), **arrays)


FIELDS = {
    "state.iteration": (-1, 2**63 - 1, 2**64, 4, 7, 5.0, True, None, "5", [5], 10**400),
    "state.last_kick": (2**63, 6, -(2**63), 1.5),
    "state.perturbations": (-1, 2**63),
    "state.anchor_loss": (float("nan"), float("inf"), "0"),
    "state.perturbed": (0, "x"),
    "state.ahead": (1, None),
    "nit": (-1, 2**63, 3.0, 7),
    "perturbations": (-1, 2**53 + 1),
    "settings.max_iter": (-1, 2**60, "many"),
    "settings.record_every": (-1, 1.5),
    "settings.n_singular_values": (-1, 2**60),
    "settings.record": ("loss", {}, [], ["loss", "train_error"], [["loss"]]),
    "settings.keys": ([], {"perturbation": -1}, {"perturbation": 2**64}, {"perturbation": 1.5}),
    "settings.estimates": ([], {"curvature": "1"}, {"curvature": 0.0}, {"magnitude": np.nan}),
    "settings.init": (3,),
    "settings.rng": ("x", 1.5),
    "settings.given": (3, "GD"),
    "settings.algorithm": (3, {"name": ["GD"]}),
    "settings.stop": ([], {"relative_loss": "x"}),
    "settings.fingerprint": ([], {}, {"y": 3}, {"y": "0"}, {"y": "0", "operator": [["x"]]}),
    "settings.operator": ([], {"name": "DenseSymmetric"}),
    "settings.operator.matrix_shape": ([6, 7], [7, 7], [6], [6, 6, 6], [-6, -6], [6.0, 6.0], 6),
    "settings.parameterization": ([], {"name": "SymmetricFactor", "search_rank": 4}),
    "settings.parameterization.search_rank": (-1, "x", 2**62),
    "settings.parameterization.name": ("AsymmetricFactor", "None", 3),
    "settings.parameterization.color": ("red",),
}
CASES = [(path, value) for path, values in FIELDS.items() for value in values]


@pytest.mark.parametrize(("path", "value"), CASES)
def test_fields_out_of_their_range_are_refused(parts, tmp_path, path, value):
    about, arrays = copy.deepcopy(parts[0]), parts[1]
    *groups, name = path.split(".")
    group = about
    for key in groups:
        group = group[key]
    group[name] = value
    write(tmp_path / "run.npz", about, arrays)
    with pytest.raises(ValueError, match=REFUSED):
        ipgd.load_solution(tmp_path / "run.npz")


ARRAYS = {
    "parameters/U": (np.ones((6, 2)), np.ones((3, 6)), np.ones(18), np.ones((6, 3), np.float32)),
    "parameters/V": (np.ones((6, 3)),),
    "history/iteration": (np.arange(6.0), np.arange(5), np.arange(1, 7), np.arange(-1, 5), None),
    "history/loss": (np.ones(5), np.array(1.0), np.array(["x"] * 6)),
    "state/memory": (np.ones((N, 1)), np.ones(N, np.float32), None),
    "state/recorded": (np.ones((N, 1)), np.full(N, np.nan), np.ones(N, np.float32)),
    "state/anchor": (np.ones(N + 1), np.full(N, np.inf), None),
    "state/theta": (np.ones(N - 1), np.ones((N, 1))),
    "state/other": (np.ones(N),),
}
ARRAY_CASES = [(path, value) for path, values in ARRAYS.items() for value in values]


@pytest.mark.parametrize(("path", "value"), ARRAY_CASES)
def test_arrays_that_do_not_fit_are_refused(parts, tmp_path, path, value):
    arrays = {n: a for n, a in (parts[1] | {path: value}).items() if a is not None}
    write(tmp_path / "run.npz", parts[0], arrays)
    with pytest.raises(ValueError, match=REFUSED):
        ipgd.load_solution(tmp_path / "run.npz")


def test_the_file_without_a_change_goes_on(parts, problem, tmp_path):
    write(tmp_path / "run.npz", *parts)
    assert ipgd.resume(problem, tmp_path / "run.npz", max_iter=9).nit == 9


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("given.name", "None"),
        ("given.color", "red"),
        ("given.step_size", "x"),
        ("given.step_size", -1),
        ("record", ["nothing"]),
        ("record_every", 0),
        ("n_singular_values", 0),
        ("fingerprint.operator", 3),
        ("fingerprint.operator", []),
        ("stop.color", 3),
    ],
)
def test_settings_that_make_no_run_are_refused_by_resume(parts, problem, tmp_path, path, value):
    about, arrays = copy.deepcopy(parts[0]), parts[1]
    *groups, name = path.split(".")
    group = about["settings"]
    for key in groups:
        group = group[key]
    group[name] = value
    write(tmp_path / "run.npz", about, arrays)
    with pytest.raises((ValueError, TypeError), match=r"^\w+(\[.*\])?: expected "):
        ipgd.resume(problem, tmp_path / "run.npz", max_iter=9)


def test_a_history_of_another_width_is_refused_by_resume(parts, problem, tmp_path):
    write(tmp_path / "run.npz", parts[0], parts[1] | {"history/loss": np.ones((6, 2))})
    words = r"solution: expected a history whose loss has records of shape \(\), got \(2,\)"
    with pytest.raises(ValueError, match=words):
        ipgd.resume(problem, tmp_path / "run.npz", max_iter=9)
