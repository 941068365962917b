"""Files that are written whole or not at all, and paths that are refused with the reason."""

import os
import stat

import pytest
from ipgd import files
from ipgd.files import atomic_write, check_readable, check_writable


def write(path, content=b"new"):
    with atomic_write(check_writable("path", path)) as file:
        file.write(content)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o444])
def test_a_file_that_is_replaced_hands_down_its_rights(tmp_path, mode):
    path = tmp_path / "run.npz"
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_write(path) as file:
        file.write(b"new")
        partial = next(p for p in tmp_path.iterdir() if p != path)
        assert stat.S_IMODE(partial.stat().st_mode) == mode  # never more, also while it is written
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("length", [1, 239, 240, 255])
def test_any_name_that_the_system_takes_will_do(tmp_path, length):
    write(tmp_path / ("x" * length))
    assert os.listdir(tmp_path) == ["x" * length]
    if length == 255:
        with pytest.raises(OSError, match=r"path: expected a writable path, got '.*x' \(File name"):
            write(tmp_path / ("x" * 256))


def test_links_are_followed_and_loops_of_them_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for use in (check_writable, lambda name, path: check_readable(name, path, "a file")):
        with pytest.raises(OSError, match=r"p: expected .*, got '.*loop' \(.*symbolic links"):
            use("p", tmp_path / "loop")


def test_pipes_devices_and_odd_names_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "pipe", "got the pipe '.*pipe' .write it to a file first"),
        ("/dev/null", "got the device '/dev/null'"),
        (tmp_path, "got the folder"),
        (tmp_path / "none", "which does not exist"),
        (tmp_path / "pipe" / "x", "Not a directory"),
    ):
        with pytest.raises(OSError, match=f"p: expected a file, {words}|{words}"):
            check_readable("p", path, "a file")
        if "none" not in str(path):
            with pytest.raises(OSError, match="p: expected a"):
                check_writable("p", path)
    assert check_readable("p", tmp_path / "pipe", "a file", stream=True)
    for use in (check_writable, lambda name, path: check_readable(name, path, "a file")):
        with pytest.raises(ValueError, match=r"p: expected .*null"):
            use("p", "a\0b")
        with pytest.raises(TypeError, match="p: expected a path, got 3"):
            use("p", 3)


_DIE_WHILE_WRITING = """
    import os, signal
    from pathlib import Path
    from ipgd.files import atomic_write
    with atomic_write(Path({path!r})) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_leaves_is_removed_by_the_next_write(tmp_path, run_python):
    path = tmp_path / "run.npz"
    path.write_bytes(b"precious")
    assert run_python(_DIE_WHILE_WRITING.format(path=str(path))).returncode == -9
    assert path.read_bytes() == b"precious"
    assert len(os.listdir(tmp_path)) == 2
    (tmp_path / ".ipgd-notes").write_bytes(b"of the user")
    write(tmp_path / "other.npz")
    assert sorted(os.listdir(tmp_path)) == [".ipgd-notes", "other.npz", "run.npz"]


def test_what_another_process_is_writing_is_left_alone(tmp_path):
    with atomic_write(tmp_path / "one") as first:
        first.write(b"1")
        write(tmp_path / "two", b"2")
        with atomic_write(tmp_path / "one") as second:
            second.write(b"3")
    assert (tmp_path / "one").read_bytes() == b"1"
    assert (tmp_path / "two").read_bytes() == b"2"
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]


def test_a_file_that_is_removed_before_it_is_locked_is_made_anew(tmp_path, monkeypatch):
    """Another process may take it for abandoned in the moment between the two."""
    lock, removed = files.fcntl.flock, []

    def late(descriptor, operation):
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(files.fcntl, "flock", late)
    with atomic_write(tmp_path / "run.npz") as file:
        file.write(b"new")
    assert (tmp_path / "run.npz").read_bytes() == b"new"
    assert len(removed) == 1


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path):
    path, children = tmp_path / "run.npz", []
    for k in range(4):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for _ in range(50):
                    write(path, bytes([k]) * 10_000)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    content = path.read_bytes()
    assert content == content[:1] * 10_000
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_full_disk_leaves_the_old_file_and_names_the_path(tmp_path, output_of):
    """A limit on the size of files fails where a full disk does."""
    (tmp_path / "run.npz").write_bytes(b"precious")
    script = f"""
        import resource
        import ipgd
        solution = ipgd.solve(ipgd.matrix_sensing(20, 2, 400, rng=0), max_iter=3)
        for size in (0, 100, 4096):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            try:
                solution.save({str(tmp_path / "run.npz")!r})
            except OSError as error:
                print(error.errno, error)
    """
    lines = output_of(script).splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("27 path: expected a place for the whole file, got")
    assert (tmp_path / "run.npz").read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize(("same_group", "rights"), [(True, 0o660), (False, 0o600)])
def test_a_file_of_another_owner_keeps_its_rights_to_itself(
    tmp_path, monkeypatch, same_group, rights
):
    """Only root gives files away; the group's rights stay where the group is the same."""
    path = tmp_path / "run.npz"
    path.write_bytes(b"old")
    path.chmod(0o660)
    stat = os.fstat

    def refuse(*_):
        raise PermissionError

    def of_group(descriptor):
        found = list(stat(descriptor))
        return os.stat_result(found if same_group else [*found[:5], found[5] + 1, *found[6:]])

    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "fstat", of_group)
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == rights
