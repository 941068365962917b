"""Files of every kind, whole and damaged, to every command that reads one."""

import gzip
import io

import numpy as np
from scipy import sparse

from . import values
from .judge import UnexpectedError
from .saved import _damaged

_CODES = {0, 1, 2, 3, 130}


def _npy(rng, *shape):
    array = values.numbers(rng, *shape) if rng.random() < 0.8 else values.odd(rng)
    file = io.BytesIO()
    try:
        np.save(file, array, allow_pickle=True)
    except Exception:  # what numpy cannot write
        return b""
    content = file.getvalue()
    if rng.random() < 0.2:  # another header of the same length
        begin, end = content.find(b"(") + 1, content.find(b")")
        text = values.choice(rng, ("-3,", "2**9", "99999999999999999999,", "1,", "", "3,-1", "0,"))
        content = content[:begin] + text.encode().ljust(end - begin)[: end - begin] + content[end:]
    return content


def _table(rng):
    """Lines of three columns, more or less."""
    mark = values.choice(rng, (",", ";", "\t", " ", ", "))
    lines = []
    if rng.random() < 0.3:
        headers = ("# a, b; c", "row,col,value", "rating,user,item", "\ufeff")
        lines.append(values.choice(rng, headers))
    for _ in range(int(rng.integers(0, 30))):
        words = [str(int(rng.integers(0, 6))), str(int(rng.integers(0, 5))), f"{rng.normal():.3f}"]
        if rng.random() < 0.03:
            odd = ("", "x", "nan", "-1", "1e400", "1.5", "9" * 30, '"1"', "\0", "0x1", "1_0", "ä")
            words[int(rng.integers(3))] = values.choice(rng, odd)
        if rng.random() < 0.02:
            words.append("7")
        lines.append(mark.join(words))
    text = values.choice(rng, ("\n", "\r\n", "\n\n")).join(lines)
    content = text.encode(values.choice(rng, ("utf-8", "utf-8", "utf-8", "utf-16")))
    return gzip.compress(content) if rng.random() < 0.03 else content


def _triple(rng):
    rows, cols = rng.integers(0, 6, 20), rng.integers(0, 5, 20)
    arrays = {"rows": rows, "cols": cols, "values": rng.standard_normal(20)}
    if rng.random() < 0.4:
        changed = values.odd(rng)
        arrays[values.choice(rng, sorted(arrays))] = changed
    file = io.BytesIO()
    try:
        np.savez(file, **arrays)
    except Exception:  # what numpy cannot write
        return b""
    return file.getvalue()


def _sparse(rng):
    """A matrix that SciPy saved, some of whose arrays may be another's."""
    kind = values.choice(rng, ("csr", "csc", "coo", "bsr", "dia"))
    matrix = sparse.random_array((6, 4), density=0.7, format=kind, rng=rng)
    file = io.BytesIO()
    sparse.save_npz(file, matrix)
    file.seek(0)
    with np.load(file) as saved:
        arrays = dict(saved)
    for _ in range(int(rng.integers(0, 3))):
        name = values.choice(rng, sorted(arrays))
        array = np.array(arrays[name])
        if array.dtype.kind in "fiu" and array.size and rng.random() < 0.8:
            extreme = (-1, 0, 5, 10**6, 2**31 - 1, -(2**31))
            array.flat[int(rng.integers(array.size))] = values.choice(rng, extreme)
            if rng.random() < 0.2:
                array = array[: int(rng.integers(array.size))]
            arrays[name] = array
        elif rng.random() < 0.3:
            del arrays[name]
        else:
            odd = values.odd(rng)
            if isinstance(odd, np.ndarray) and odd.dtype.kind in "fiub":
                arrays[name] = odd
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _files(rng, folder):
    """A command and its files, most of which fit it."""
    command = values.choice(rng, ("recover", "sparse", "complete", "complete", "complete"))
    if command == "complete":
        kind, suffix = values.choice(rng, ((_table, "csv"), (_triple, "npz"), (_sparse, "npz")))
        contents = {f"entries.{suffix}": kind(rng)}
    elif command == "sparse":
        contents = {"A.npy": _npy(rng, 12, 5), "y.npy": _npy(rng, 12)}
    else:
        contents = {"A.npy": _npy(rng, 12, 4, 3), "y.npy": _npy(rng, 12)}
    for name, content in contents.items():
        damaged = _damaged(rng, content) if content and rng.random() < 0.2 else content
        (folder / name).write_bytes(damaged)
    paths = [str(folder / name) for name in contents]
    if rng.random() < 0.05:
        (folder / "loop").symlink_to(folder / "loop")
        odd = (str(folder), str(folder / "loop"), "/dev/null", str(folder / ("x" * 256)), "\udcff")
        paths[int(rng.integers(len(paths)))] = values.choice(rng, odd)
    return command, paths


def case(rng, folder):
    """One command in this process; its exit code, its message and its output file."""
    from ipgd.cli import app
    from typer.testing import CliRunner

    command, paths = _files(rng, folder)
    output = folder / "out.npz"
    output.write_bytes(b"precious")
    options = ["-o", str(output), "--max-iter", str(int(rng.integers(0, 20)))]
    for name, odd in (
        ("--tol", ("0", "0.1", "2", "nan", "-1")),
        ("--threads", ("1", "2", "0", "99999999999")),
        ("--step-size", ("0.1", "1e300", "nan", "0")),
        ("--rank", ("1", "3", "0", "1000000000")),
        (
            "--parameterization",
            ("auto", "symmetric", "asymmetric", "deep:2", "hadamard:3"),
        ),
        ("--shape", ("6 5", "0 1", "3 3", f"{2**40} {2**40}")),
    ):
        allowed = command == "complete" or name not in ("--rank", "--shape")
        if allowed and rng.random() < 0.15:
            options += [name, *values.choice(rng, odd).split()]
    line = [command, *paths, *options]
    yield f"ipgd {' '.join(line)}"
    result = CliRunner().invoke(app, line)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code not in _CODES or "Traceback" in result.output:
        raise UnexpectedError(f"exit code {result.exit_code}: {result.output}")
    if (output.read_bytes() == b"precious") != (result.exit_code == 2):
        raise UnexpectedError(f"exit code {result.exit_code} and another file than it says")
    if sorted(p.name for p in folder.iterdir() if p.name.startswith(".")):
        raise UnexpectedError("a file left behind")
