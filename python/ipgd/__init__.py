"""Low-rank recovery by (infinitesimally perturbed) gradient descent on over-parameterised models.

>>> import ipgd
>>> problem = ipgd.matrix_sensing(d=30, rank=2, m=600, rng=0)
>>> solution = ipgd.solve(problem, record=("loss", "test_error"), rng=0)
>>> solution.status
'relative_loss'
>>> bool(solution.history["test_error"][-1] < 1e-4)
True
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from types import ModuleType as _ModuleType

from . import files, init, losses, operators, plots
from ._build import BuildInfo, build_info
from ._solving.batch import solve_batch
from ._solving.request import Intermediate
from ._solving.resume import resume, resume_batch
from ._solving.solve import SolveInterrupted, solve
from .algorithms import (
    GD,
    IPGD,
    PGD,
    SGD,
    AcceleratedGD,
    AltScaledGD,
    IPGDPlus,
    NormalizedGD,
    ScaledGD,
    Stop,
    TruncatedGD,
)
from .losses import Huber, Logistic
from .objective import Objective
from .parameterizations import (
    AsymmetricFactor,
    CompressedDeep,
    DeepFactor,
    HadamardPower,
    HadamardProduct,
    SymmetricFactor,
    SymmetricTensor,
    WeightNormalized,
)
from .problems import (
    MatrixCompletion,
    Problem,
    QuadraticRegression,
    matrix_completion,
    matrix_sensing,
    quadratic_regression,
    sparse_regression,
    sparse_regression_data,
)
from .solution import Solution, load_solution

__version__ = _version("ipgd")
_ON_TOP = ("analysis", "baselines", "reproduce")

__all__ = [
    "GD",
    "IPGD",
    "PGD",
    "SGD",
    "AcceleratedGD",
    "AltScaledGD",
    "AsymmetricFactor",
    "BuildInfo",
    "CompressedDeep",
    "DeepFactor",
    "HadamardPower",
    "HadamardProduct",
    "Huber",
    "IPGDPlus",
    "Intermediate",
    "Logistic",
    "MatrixCompletion",
    "NormalizedGD",
    "Objective",
    "Problem",
    "QuadraticRegression",
    "ScaledGD",
    "Solution",
    "SolveInterrupted",
    "Stop",
    "SymmetricFactor",
    "SymmetricTensor",
    "TruncatedGD",
    "WeightNormalized",
    "analysis",
    "baselines",
    "build_info",
    "files",
    "init",
    "load_solution",
    "losses",
    "matrix_completion",
    "matrix_sensing",
    "operators",
    "plots",
    "quadratic_regression",
    "reproduce",
    "resume",
    "resume_batch",
    "solve",
    "solve_batch",
    "sparse_regression",
    "sparse_regression_data",
]


def __getattr__(name: str) -> _ModuleType:
    """Import what sits on top of all this when it is first asked for."""
    if name in _ON_TOP:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """All names, also those of modules that are not imported yet."""
    return sorted({*globals(), *__all__})
