"""Our operators as SciPy's; imported when somebody asks for one, because SciPy takes its time."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from .linear import LinearMap


class _Composable(LinearOperator):
    """SciPy's algebra, with our operators as factors on the right, too."""

    args = ()  # it is made of no other SciPy operators

    def __init__(self, operator: LinearMap, shape: tuple[int, int]) -> None:
        super().__init__(operator.dtype, shape)  # type: ignore[call-arg]
        self.operator = operator

    def dot(self, x: Any) -> Any:
        """Product with an array, a number or another linear operator."""
        return super().dot(x.aslinearoperator() if isinstance(x, LinearMap) else x)


class SciPyOperator(_Composable):
    """An operator of ours."""

    def __init__(self, operator: LinearMap) -> None:
        super().__init__(operator, operator.shape)

    def _matvec(self, x: NDArray[Any]) -> NDArray[Any]:
        return self.operator.matvec(x)

    def _rmatvec(self, x: NDArray[Any]) -> NDArray[Any]:
        return self.operator.rmatvec(x)

    def _matmat(self, X: NDArray[Any]) -> NDArray[Any]:
        return self.operator.matmat(X)

    def _rmatmat(self, X: NDArray[Any]) -> NDArray[Any]:
        return self.operator.rmatmat(X)

    def _transpose(self) -> SciPyTranspose:
        return SciPyTranspose(self.operator)

    _adjoint = _transpose


class SciPyTranspose(_Composable):
    """The transpose of an operator of ours."""

    def __init__(self, operator: LinearMap) -> None:
        super().__init__(operator, operator.shape[::-1])

    def _matvec(self, x: NDArray[Any]) -> NDArray[Any]:
        return self.operator.rmatvec(x)

    def _rmatvec(self, x: NDArray[Any]) -> NDArray[Any]:
        return self.operator.matvec(x)

    def _matmat(self, X: NDArray[Any]) -> NDArray[Any]:
        return self.operator.rmatmat(X)

    def _rmatmat(self, X: NDArray[Any]) -> NDArray[Any]:
        return self.operator.matmat(X)

    def _transpose(self) -> SciPyOperator:
        return SciPyOperator(self.operator)

    _adjoint = _transpose
