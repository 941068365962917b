from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

available: list[str]
built: list[str]
isa: str
has_openmp: bool
compiler: str
eigen_version: str

def default_threads() -> int: ...
def dot(x: Array, y: Array) -> float: ...
def spectral_norm(matrix: Array) -> float: ...
def orthonormal_columns(X: Array) -> Array: ...
def normals(key: int, i: int, begin: int, count: int) -> NDArray[np.float32]: ...

class Operator:
    @property
    def measurements(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def symmetric(self) -> bool: ...
    @property
    def storage(self) -> str: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def is_small(self) -> bool: ...
    def forward(self, theta: Array, n_threads: int | None = None) -> Array: ...
    def adjoint(self, residual: Array, n_threads: int | None = None) -> Array: ...
    def residual_adjoint(
        self, theta: Array, y: Array, n_threads: int | None = None
    ) -> tuple[Array, Array]: ...

class StoredOperator(Operator):
    @property
    def sums(self) -> str: ...

class DenseOperator(StoredOperator):
    @property
    def entries(self) -> int: ...
    def set_rows(self, begin: int, A: Array, n_threads: int | None = None) -> bool: ...
    def get_rows(self, begin: int, count: int) -> Array: ...
    def fill_gaussian(self, key: int, n_threads: int | None = None) -> None: ...

def dense(
    measurements: int,
    rows: int,
    cols: int,
    symmetric: bool,
    isometric: bool,
    dtype: str,
    sums: str,
) -> DenseOperator: ...
def dense_nbytes(measurements: int, rows: int, cols: int, symmetric: bool, dtype: str) -> int: ...
def gram(
    operator: DenseOperator, Y: Array, n_threads: int | None = None
) -> tuple[StoredOperator, list[tuple[Array, float, float]]]: ...
def gram_nbytes(measurements: int, entries: int) -> int: ...
def gram_work_nbytes(measurements: int, entries: int, count: int) -> int: ...
def time_pass(
    operator: StoredOperator,
    batch: int = 1,
    repeats: int = 1,
    chunks: int | None = None,
    n_threads: int | None = None,
) -> float: ...
def time_read(
    operator: StoredOperator, repeats: int = 1, n_threads: int | None = None
) -> float: ...

class Parameterization:
    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def loss_constant(self) -> float: ...
    def blocks(self) -> list[tuple[str, int, int]]: ...
    def check(self, operator: Operator) -> None: ...
    def assemble(self, theta: Array) -> Array: ...

class SymmetricFactor(Parameterization):
    def __init__(self, dimension: int, search_rank: int) -> None: ...

class AsymmetricFactor(Parameterization):
    def __init__(self, rows: int, cols: int, search_rank: int) -> None: ...

class Trigger:
    never: Trigger
    near_stationary: Trigger
    every_iteration: Trigger
    @property
    def name(self) -> str: ...

class Noise:
    uniform_ball: Noise
    gaussian: Noise
    @property
    def name(self) -> str: ...

class Step:
    size: float

class Perturbation:
    def __init__(self) -> None: ...
    trigger: Trigger
    noise: Noise
    radius: float
    gradient_threshold: float
    window: int
    key: int
    def sample(self, iteration: int, size: int) -> Array: ...

class Stopping:
    max_iter: int
    relative_loss: float
    gradient_norm: float
    escape_decrease: float

class Algorithm:
    @property
    def direction(self) -> str: ...
    step: Step
    perturbation: Perturbation
    stopping: Stopping
    def verify(self) -> None: ...

def pgd_constants(
    smoothness: float,
    hessian_lipschitz: float,
    epsilon: float,
    c: float,
    failure_probability: float,
    function_gap: float,
    dimension: int,
) -> dict[str, float]: ...
def escape_window(
    radius: float,
    step_size: float,
    epsilon: float,
    hessian_lipschitz: float,
    failure_probability: float,
    dimension: int,
) -> int: ...
def gradient_descent(step_size: float) -> Algorithm: ...
def perturbed_gradient_descent(
    step_size: float, radius: float, gradient_threshold: float, window: int, decrease: float
) -> Algorithm: ...
def ipgd_plus(step_size: float, radius: float) -> Algorithm: ...
def loss(
    operator: Operator,
    y: Array,
    parameterization: Parameterization,
    theta: Array,
    n_threads: int | None,
) -> float: ...
def recordable_quantities() -> list[str]: ...
def quantities_of_truth() -> list[str]: ...
def descend(
    runs: Sequence[dict[str, Any]],
    progress: Callable[[int, float], None] | None,
    n_threads: int | None,
) -> tuple[list[dict[str, Any]], bool]: ...
