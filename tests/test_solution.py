"""Solutions in memory and on disk."""

import io
import json
import os
import zipfile
from dataclasses import replace

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="module")
def solution():
    problem = ipgd.matrix_sensing(6, 2, 100, rng=0)
    return ipgd.solve(
        problem,
        ipgd.IPGD(radius=1e-6),
        parameterization=ipgd.SymmetricFactor(3),
        record=("loss", "test_error", "singular_values"),
        record_every=5,
        n_singular_values=2,
        rng=0,
    )


def assert_same(one, other):
    for name in ("success", "status", "message", "nit", "settings", "perturbations"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("fun", "gradient_norm", "train_error"):
        assert (
            np.float64(getattr(one, name)).tobytes() == np.float64(getattr(other, name)).tobytes()
        )
    for group in ("parameters", "history"):
        left, right = getattr(one, group), getattr(other, group)
        assert sorted(left) == sorted(right)
        for name, array in left.items():
            assert (array.dtype, array.shape) == (right[name].dtype, right[name].shape)
            assert array.tobytes() == right[name].tobytes()


def test_what_is_saved_comes_back(solution, tmp_path):
    solution.save(tmp_path / "run.npz")
    loaded = ipgd.load_solution(tmp_path / "run.npz")
    assert_same(loaded, solution)
    assert loaded.theta().tobytes() == solution.theta().tobytes()
    assert list(loaded.history) == list(solution.history)
    solution.save(str(tmp_path / "no suffix"))
    assert_same(ipgd.load_solution(str(tmp_path / "no suffix")), solution)
    assert sorted(os.listdir(tmp_path)) == ["no suffix", "run.npz"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 5e-324])
def test_extreme_numbers_come_back(solution, tmp_path, value):
    odd = replace(solution, fun=value, gradient_norm=value, train_error=value)
    odd.save(tmp_path / "odd.npz")
    assert_same(ipgd.load_solution(tmp_path / "odd.npz"), odd)


def test_two_blocks_come_back(rectangular_problem, tmp_path):
    solution = ipgd.solve(rectangular_problem, rng=0, max_iter=20)
    solution.save(tmp_path / "run.npz")
    assert_same(ipgd.load_solution(tmp_path / "run.npz"), solution)


def test_numpy_opens_the_file_without_pickles(solution, tmp_path):
    solution.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert np.array_equal(file["theta"], solution.theta())
        assert np.array_equal(file["parameters/U"], solution.parameters["U"])
        assert np.array_equal(file["history/loss"], solution.history["loss"])
        assert json.loads(str(file["about"]))["status"] == solution.status


def test_saving_twice_gives_the_same_numbers_and_replaces_the_file(solution, tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(b"something else")
    solution.save(path)
    solution.save(path)
    assert_same(ipgd.load_solution(path), solution)
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_saved_file_has_the_permissions_of_any_other(solution, tmp_path):
    (tmp_path / "plain").touch()
    solution.save(tmp_path / "run.npz")
    mode = (tmp_path / "run.npz").stat().st_mode
    assert mode == (tmp_path / "plain").stat().st_mode


def test_every_truncation_is_noticed(solution, tmp_path):
    solution.save(tmp_path / "run.npz")
    whole = (tmp_path / "run.npz").read_bytes()
    cut = tmp_path / "cut.npz"
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="path: expected a whole file written by Solution"):
            ipgd.load_solution(cut)


def test_a_changed_byte_is_noticed_or_harmless(solution, tmp_path):
    """Most bytes are data; a few of a zip file (times, attributes) mean nothing."""
    solution.save(tmp_path / "run.npz")
    whole = (tmp_path / "run.npz").read_bytes()
    broken, noticed = tmp_path / "broken.npz", 0
    positions = range(len(whole))
    for position in positions:
        changed = bytearray(whole)
        changed[position] ^= 0x55
        broken.write_bytes(changed)
        try:
            loaded = ipgd.load_solution(broken)
        except ValueError as error:
            assert str(error).startswith("path: expected")  # noqa: PT017
            noticed += 1
        else:
            assert_same(loaded, solution)
    assert noticed > len(positions) / 2


def rewritten(path, **changes):
    """The file with some of its arrays replaced, None to leave one out: a valid zip file."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def test_changed_numbers_fail_the_checksum(solution, tmp_path):
    path = tmp_path / "run.npz"
    for change in (
        {"parameters/U": solution.parameters["U"] + 1e-16 * np.eye(6, 3)},
        {"history/loss": solution.history["loss"].astype(np.float32)},
        {"history/loss": None},
        {"history/extra": np.zeros(3)},
        {"theta": solution.theta().reshape(4, 9)},
    ):
        solution.save(path)
        rewritten(path, **change)
        with pytest.raises(ValueError, match=r"path: expected a whole file .*wrong checksum"):
            ipgd.load_solution(path)


def about(solution, tmp_path):
    solution.save(tmp_path / "about.npz")
    with np.load(tmp_path / "about.npz") as file:
        return json.loads(str(file["about"]))


def test_files_that_are_no_solutions(solution, tmp_path):
    path = tmp_path / "other"
    foreign = about(solution, tmp_path) | {"format": "ipgd-solution-0"}
    no_format = {"status": "fine"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")

    def saved(save, *arrays, **named):
        file = io.BytesIO()
        save(file, *arrays, **named)
        return file.getvalue()

    for content in (
        b"",
        b"hello",
        os.urandom(1000),
        buffer.getvalue(),
        saved(np.save, np.ones(3)),
        saved(np.save, np.array([{}], object)),
        saved(np.savez, x=np.ones(3)),
        saved(np.savez, about=np.ones(3)),
        saved(np.savez, about=np.array("not json")),
        saved(np.savez, about=np.array("[]")),
        saved(np.savez, about=np.array("3")),
        saved(np.savez, about=np.array([{}], object)),
        saved(np.savez, about=np.array(json.dumps(no_format))),
        saved(np.savez, about=np.array(json.dumps(foreign))),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="path: expected a whole file written by Solution"):
            ipgd.load_solution(path)


def test_changed_fields_and_a_missing_checksum_are_noticed(solution, tmp_path):
    path = tmp_path / "run.npz"
    fields = about(solution, tmp_path)
    for change in (
        {"sha256": None},
        {"about": np.array(json.dumps(fields | {"nit": 1 + fields["nit"]}))},
        {"about": np.array(json.dumps({k: v for k, v in fields.items() if k != "status"}))},
    ):
        solution.save(path)
        rewritten(path, **change)
        with pytest.raises(ValueError, match="path: expected a whole file"):
            ipgd.load_solution(path)


def signed(path, fields, arrays):
    """The file with other fields, and the checksum of these."""
    text = json.dumps(fields)
    digest = ipgd.solution._digest(arrays, text)
    np.savez(path, about=np.array(text), sha256=np.array(digest), **arrays)


def test_fields_of_another_type_are_noticed(solution, tmp_path):
    path = tmp_path / "run.npz"
    fields = about(solution, tmp_path)
    with np.load(tmp_path / "about.npz") as file:
        arrays = {n: file[n] for n in file.files if n not in ("about", "sha256")}
    signed(path, fields, arrays)
    assert ipgd.load_solution(path).nit == solution.nit
    state, settings = fields["state"], fields["settings"]
    for changed in (
        fields | {"nit": "3"},
        fields | {"success": 1},
        fields | {"settings": None},
        fields | {"state": state | {"last_kick": "x"}},
        fields | {"settings": settings | {"keys": 3}},
        fields | {"state": {}},
        fields | {"state": 3},
        3,
        None,
        "a",
    ):
        signed(path, changed, arrays)
        with pytest.raises(ValueError, match="path: expected a whole file"):
            ipgd.load_solution(path)


def test_another_format_is_refused(solution, tmp_path, monkeypatch):
    monkeypatch.setattr(ipgd.solution, "_FORMAT", "ipgd-solution-0")
    solution.save(tmp_path / "old.npz")
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"path: expected a whole file .*another format"):
        ipgd.load_solution(tmp_path / "old.npz")


def test_a_missing_file(tmp_path):
    words = r"path: expected a whole file written by Solution.save, got '.*gone.npz', which"
    with pytest.raises(FileNotFoundError, match=words):
        ipgd.load_solution(tmp_path / "gone.npz")


def test_saving_to_a_folder_that_is_not_there(solution, tmp_path):
    words = "path: expected a path in an existing folder, got '.*run.npz' .* does not exist"
    with pytest.raises(FileNotFoundError, match=words):
        solution.save(tmp_path / "gone" / "run.npz")
    assert os.listdir(tmp_path) == []


def test_saving_over_a_folder(solution, tmp_path):
    with pytest.raises(IsADirectoryError, match="path: expected a file to write, got the folder"):
        solution.save(tmp_path)
    assert os.listdir(tmp_path) == []


def test_saving_over_a_read_only_file(solution, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_bytes(b"precious")
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root
    with pytest.raises(PermissionError, match=r"path: expected a writable path, .* \(read-only\)"):
        solution.save(path)
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["run.npz"]


def test_saving_to_a_read_only_folder(solution, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ipgd.files, "_temporary", refuse)
    words = r"path: expected a writable path, got '.*run.npz' \(Permission denied\)"
    with pytest.raises(PermissionError, match=words):
        solution.save(tmp_path / "run.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_write_leaves_the_old_file(solution, tmp_path, monkeypatch, error):
    path = tmp_path / "run.npz"
    path.write_bytes(b"precious")

    def fail(file, **_):
        file.write(b"half")
        raise error

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(type(error)):
        solution.save(path)
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["run.npz"]


def test_numerical_rank_counts_what_is_above_the_tolerance(solution):
    U = np.eye(6, 3) * [1.0, 0.5, 0.05]
    diagonal = replace(solution, parameters={"U": U})  # eigenvalues 1, 0.25, 0.0025
    assert diagonal.numerical_rank() == 2
    assert diagonal.numerical_rank(1e-3) == 3
    assert diagonal.numerical_rank(0.5) == 1
    assert replace(solution, parameters={"U": np.zeros((6, 3))}).numerical_rank() == 0


def test_numerical_sparsity_counts_what_is_above_the_tolerance(solution):
    few = replace(solution, parameters={"Theta": np.array([[-1.0], [0.015], [5e-3], [0.0]])})
    assert few.numerical_sparsity() == 2
    assert few.numerical_sparsity(1e-3) == 3
    assert few.numerical_sparsity(0.5) == 1


def test_repr_names_what_matters(solution):
    text = repr(solution)
    assert f"status: {solution.status} (success)" in text
    assert f"nit: {solution.nit}" in text
    assert "parameters: U 6 x 3" in text
    assert f"({len(solution.history['iteration'])} records)" in text
    assert "no success" in repr(replace(solution, success=False))


def test_paths_and_tolerances_of_the_wrong_kind(problem):
    solution = ipgd.solve(problem, max_iter=1)
    for use in (solution.save, ipgd.load_solution):
        with pytest.raises(TypeError, match="path: expected a path, got 3"):
            use(3)
    for use in (solution.numerical_rank, solution.numerical_sparsity):
        with pytest.raises(ValueError, match="tolerance: expected a finite number >= 0, got -1"):
            use(-1)
