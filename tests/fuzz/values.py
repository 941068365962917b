"""Values for the arguments of anything: mostly sensible, at times absurd."""

import inspect

import ipgd
import numpy as np

_SHAPES = ((), (0,), (1,), (3,), (3, 3), (2, 3, 3), (0, 3), (3, 0), (2, 0, 3), (1, 1, 1, 1))
_DTYPES = ("f8", "f4", "f2", "i8", "u1", "?", "c16", "U3", "O", "M8[s]", ">f8")


def choice(rng, options):
    """One of `options`, which numpy's own choice would make an array."""
    return options[int(rng.integers(len(options)))]


def odd(rng):
    """A value that hardly any argument expects."""
    return choice(rng, _ODD)(rng)


def _odd_array(rng):
    shape, dtype = choice(rng, _SHAPES), choice(rng, _DTYPES)
    with np.errstate(all="ignore"):
        array = rng.integers(-3, 100, shape).astype(np.float64)
        if array.size and rng.random() < 0.3:
            array.flat[rng.integers(array.size)] = choice(rng, (np.nan, np.inf, 1e300, 1e-320))
        if dtype[0] in "M?iu":
            array = np.nan_to_num(np.abs(array), posinf=1, nan=0) % 100
        return array.astype(dtype)


_ODD = (
    lambda rng: choice(rng, (0, 1, -1, 2**31, 2**53 + 1, 2**63, -(2**63), 10**400)),
    lambda rng: choice(rng, (0.0, -1.0, 0.5, 1e-320, 1e-200, 1e200, -np.inf, np.inf, np.nan)),
    lambda rng: choice(rng, (np.float32("inf"), np.int8(-1), np.uint64(2**63), np.bool_(True))),
    lambda rng: choice(rng, ("", "auto", "x", "loss", "float32", "ä\ud800", b"bytes")),
    lambda rng: choice(rng, (None, True, False, ..., NotImplemented, object(), int, len)),
    lambda rng: choice(rng, ([], (), {}, set(), [1], (1, 2), [[1, 2], [3]], [None], {"a": 1})),
    lambda rng: choice(rng, (1j, complex("nan"), range(3), iter([1.0]), slice(None))),
    lambda rng: np.ma.masked_array([1.0, 2.0], mask=[0, 1]),
    _odd_array,
    _odd_array,
)


def size(rng):
    """An extent: small, or so large that it must be refused before memory is asked for."""
    if rng.random() < 0.03:
        return choice(rng, (2**31, 2**40, 2**62))
    return int(rng.integers(1, 9))


def number(rng):
    """A number of an ordinary or of an extreme size."""
    if rng.random() < 0.1:
        return choice(rng, (0.0, 1e-300, 1e-150, 1e-30, 1e30, 1e150, 1e300))
    return float(10 ** rng.uniform(-4, 1))


def numbers(rng, *shape):
    """An array of ordinary numbers, all of one size, which may be extreme."""
    scale = choice(rng, (1e-200, 1e-100, 1e100, 1e200)) if rng.random() < 0.1 else 1.0
    array = scale * rng.standard_normal(shape)
    if rng.random() < 0.1:
        array = np.zeros(shape)
    return array.astype(choice(rng, ("f8", "f8", "f4"))) if scale == 1.0 else array


def subset(rng, options):
    """Some of `options`, in any order."""
    return [options[i] for i in rng.permutation(len(options))[: rng.integers(len(options) + 1)]]


QUANTITIES = (
    "loss", "train_error", "test_error", "singular_values", "gradient_norm", "signal_norm",
    "residual_norm", "deviation_rate", "coefficients", "column_norms", "perturbed",
)  # fmt: skip

# Sensible values by the name of the argument, whatever takes it.
BY_NAME = {
    "d": size,
    "d1": size,
    "d2": size,
    "m": lambda rng: 4 * size(rng),
    "rank": lambda rng: int(rng.integers(1, 4)),
    "sparsity": lambda rng: int(rng.integers(1, 4)),
    "n_observed": lambda rng: int(rng.integers(1, 30)),
    "fraction": lambda rng: float(rng.uniform(0, 1)),
    "rng": lambda rng: choice(rng, (0, 1, 2**64, None, np.random.default_rng(3))),
    "condition_number": lambda rng: float(1 + 10 * rng.random()),
    "spectrum": lambda rng: choice(rng, ("power", "exponential", (3.0, 1.0), (1.0,), (2, 1, 1))),
    "noise": lambda rng: choice(rng, (0.0, 0.1, "uniform", "gaussian")),
    "dtype": lambda rng: choice(rng, ("float64", "float32", "bfloat16", "int8", None)),
    "sums": lambda rng: choice(rng, ("float64", "float32", None)),
    "ensemble": lambda rng: choice(rng, ("gaussian", "symmetric")),
    "search_rank": lambda rng: choice(rng, (None, 1, 2, 3, 50)),
    "depth": lambda rng: int(rng.integers(2, 5)),
    "widths": lambda rng: choice(rng, (None, 2, (2, 3), (1,))),
    "power": lambda rng: int(rng.integers(1, 5)),
    "order": lambda rng: int(rng.integers(2, 6)),
    "magnitude": lambda rng: choice(rng, ("auto", number(rng))),
    "step_size": lambda rng: choice(rng, ("auto", number(rng))),
    "truncation": lambda rng: choice(rng, ("auto", number(rng), np.float32("inf"))),
    "damping": lambda rng: choice(rng, ("loss", number(rng))),
    "epsilon": lambda rng: choice(rng, ("auto", number(rng))),
    "hessian_lipschitz": lambda rng: choice(rng, ("auto", number(rng))),
    "smoothness": lambda rng: choice(rng, ("auto", number(rng))),
    "function_gap": lambda rng: choice(rng, ("auto", number(rng))),
    "failure_probability": lambda rng: float(rng.random()),
    "momentum": lambda rng: choice(rng, ("adaptive", float(rng.random()))),
    "second_start": lambda rng: choice(rng, (None, None, float(rng.random()))),
    "onset": lambda rng: choice(rng, (None, float(rng.random()))),
    "decay": lambda rng: float(rng.random()),
    "kind": lambda rng: choice(rng, ("nesterov", "heavy_ball")),
    "batch_size": lambda rng: choice(rng, ("auto", 1, 5, 1000)),
    "replacement": lambda rng: bool(rng.random() < 0.5),
    "window": lambda rng: choice(rng, (None, 1, 10)),
    "scale": lambda rng: choice(rng, ("auto", number(rng))),
    "factors": lambda rng: choice(
        rng,
        (
            numbers(rng, 4, int(rng.integers(1, 5))),
            {"U": numbers(rng, 4, 2)},
            {"V": numbers(rng, 4, 2), "W": numbers(rng, 3, 2)},
        ),
    ),
    "tolerance": number,
    "max_iter": lambda rng: int(rng.integers(0, 30)),
    "record": lambda rng: subset(rng, QUANTITIES),
    "record_every": lambda rng: int(rng.integers(1, 7)),
    "n_singular_values": lambda rng: int(rng.integers(1, 12)),
    "n_threads": lambda rng: choice(rng, (None, 1, 2, 3)),
    "gram": lambda rng: choice(rng, (None, None, False, True)),
    "progress": lambda rng: choice(rng, (False, lambda iteration, loss: None)),
    "callback": lambda rng: choice(rng, (None, lambda state: None)),
    "shape": lambda rng: (size(rng), size(rng)),
    "rows": lambda rng: rng.integers(0, 5, 12),
    "cols": lambda rng: rng.integers(0, 5, 12),
    "A": lambda rng: numbers(rng, 12, *rng.integers(1, 5, rng.integers(1, 3))),
    "X": lambda rng: numbers(rng, 12, 4),
    "Y": lambda rng: choice(rng, (None, numbers(rng, 12, 3))),
    "y": lambda rng: numbers(rng, 12),
    "truth": lambda rng: choice(rng, (None, numbers(rng, 4, 4), (numbers(rng, 4, 2),) * 2)),
    "data": lambda rng: choice(rng, (numbers(rng, 5, 3), _triple(rng))),
    "constraint": lambda rng: choice(rng, (None, "psd", "rank")),
    "penalty": lambda rng: choice(rng, (None, number(rng))),
    "psd": lambda rng: bool(rng.random() < 0.5),
    "stop": lambda rng: choice(rng, (None, ipgd.Stop(1e-3), ipgd.Stop(0, 1e-3))),
}
# Where a long run would look like a hang, and where a function's own error is passed on.
_NEVER_ODD = {"max_iter", "progress", "callback"}


def _triple(rng):
    return rng.integers(0, 5, 12), rng.integers(0, 4, 12), rng.standard_normal(12)


def argument(rng, name, oddness):
    """A value for the argument of this name."""
    if name not in BY_NAME or (name not in _NEVER_ODD and rng.random() < oddness):
        return number(rng) if rng.random() < 0.5 and name not in BY_NAME else odd(rng)
    return BY_NAME[name](rng)


def arguments(rng, function, oddness=0.1, given=()):
    """Keyword arguments for a call: those without a default, and some of the others."""
    chosen = {}
    for name, parameter in inspect.signature(function).parameters.items():
        required = parameter.default is inspect.Parameter.empty
        if name not in given and (required or rng.random() < 0.4):
            chosen[name] = argument(rng, name, oddness)
    return chosen
