"""Damaged saved solutions, and crafted ones whose checksum is right."""

import functools
import io
import json

import ipgd
import numpy as np

from . import values

_ODD_NUMBERS = (
    0, 1, -1, 2, 7, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 10**30, 0.5, -1.0, 1e308,
    float("nan"), float("inf"), True, False, None, "", "x", "auto", [], {}, [1, 2], {"name": "GD"},
)  # fmt: skip


@functools.cache
def _runs():
    """Problems, and the bytes of a saved run of each, of every kind of state."""
    made = []
    for problem, method, model in (
        (ipgd.matrix_sensing(5, 2, 60, rng=0), ipgd.GD(), ipgd.SymmetricFactor(3)),
        (ipgd.matrix_sensing(5, 2, 60, rng=0), ipgd.IPGD(1e-3), ipgd.SymmetricFactor(3)),
        (ipgd.matrix_sensing(5, 2, 60, rng=0), ipgd.AcceleratedGD(), None),
        (ipgd.matrix_completion(6, 5, 2, fraction=0.6, rng=0), ipgd.SGD(), None),
        (ipgd.sparse_regression(8, 2, 20, rng=0), ipgd.SGD(), ipgd.WeightNormalized()),
    ):
        record = ("loss", "singular_values")
        solution = ipgd.solve(
            problem, method, parameterization=model, max_iter=12, record=record, rng=0
        )
        made.append((problem, _saved(solution)))
    return made


def _saved(solution):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        solution.save(Path(folder) / "run.npz")
        return (Path(folder) / "run.npz").read_bytes()


def _parts(content):
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in file.files}
    arrays.pop("sha256")
    return json.loads(str(arrays.pop("about"))), arrays


def _signed(about, arrays):
    """The bytes of a file of these, with the right checksum."""
    text, file = json.dumps(about), io.BytesIO()
    digest = ipgd.solution._digest(arrays, text)
    np.savez(file, about=np.array(text), sha256=np.array(digest), **arrays)
    return file.getvalue()


def _damaged(rng, content):
    """The bytes cut short, changed, doubled or moved."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(data)))
        kind = int(rng.integers(5))
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = bytes(rng.integers(0, 256, 8, dtype=np.uint8))
        elif kind == 3:
            data[at : at + 4] = values.choice(rng, (b"\xff" * 4, b"\0" * 4, b"PK\x01\x02"))
        else:
            del data[at : at + int(rng.integers(1, 50))]
        if not data:
            return b""
    return bytes(data)


def _places(group, path=()):
    """Every field of a nested table, as the path to it."""
    for name, value in group.items() if isinstance(group, dict) else enumerate(group):
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, name))


def _crafted(rng, content):
    """A file that no run left, whose checksum is right."""
    about, arrays = _parts(content)
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.6:
            *groups, name = values.choice(rng, list(_places(about)))
            group = about
            for key in groups:
                group = group[key]
            if rng.random() < 0.1 and isinstance(group, dict):
                del group[name]
            else:
                near = rng.random() < 0.6
                group[name] = _near(rng, group[name]) if near else values.choice(rng, _ODD_NUMBERS)
        else:
            name = values.choice(rng, sorted(arrays))
            arrays[name] = _changed(rng, arrays[name])
    return _signed(about, {n: a for n, a in arrays.items() if a is not None})


def _near(rng, value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return values.choice(rng, (value + 1, value - 1, 0, 1, 2**53, value + 1000))
    if isinstance(value, float):
        return values.choice(rng, (0.0, -value, value * 10, value / 1e9, 1e200, 1e-200))
    return values.choice(rng, ("loss", "GD", "max_iter", "interrupted", "diverged", value))


def _changed(rng, array):
    """Another array, or None for none."""
    kind = int(rng.integers(6))
    if kind == 0:
        return None
    if kind == 1:
        array = values.odd(rng)
        plain = isinstance(array, np.ndarray) and array.dtype.kind in "fiub"
        return np.asarray(array) if plain else np.zeros((2, 2))
    if kind == 2:
        return array.astype(values.choice(rng, ("f4", "i8", ">f8", "f8", "?", "c16")))
    if kind == 3:
        return np.resize(array, max(0, array.size + int(rng.integers(-2, 3))))
    changed = np.array(array, np.float64)
    if kind == 4 and changed.size:
        odd = (np.nan, np.inf, 1e308, -1.0, 0.0)
        changed.flat[int(rng.integers(changed.size))] = values.choice(rng, odd)
    return changed.T.copy() if kind == 5 else changed


def case(rng, folder):
    """Load a file; where that works, look at it and go on."""
    problem, content = values.choice(rng, _runs())
    change = values.choice(rng, (_damaged, _crafted, _crafted))
    path = folder / "run.npz"
    path.write_bytes(change(rng, content))
    yield f"load_solution({str(path)!r}) of a file that was {change.__name__[1:]}"
    solution = ipgd.load_solution(path)
    repr(solution)
    solution.theta()
    solution.factors()
    yield f"resume({problem!r}, load_solution({str(path)!r}), max_iter=20)"
    ipgd.resume(problem, solution, max_iter=max(20, solution.nit) if solution.nit < 1000 else None)
