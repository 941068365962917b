"""What to do with complex numbers: the ends of errors that refuse them.

Theta is real here. Each of these has been followed in tests/operators/test_complex_advice.py.
"""

_BLOCKS = (
    "[[Re A_i, -Im A_i], [Im A_i, Re A_i]] (2d x 2d); from its Theta, of blocks T11 to T22, the "
    "Hermitian one is T11 + T22 + 1j (T21 - T12)"
)
_TWO = "for a real Theta pass Re A_i and Im A_i as two measurements, Re y_i and Im y_i"

LINEAR = "the map is linear: apply it to the real and to the imaginary part"
DENSE = (
    f"{_TWO}; for a complex one [Re A_i; -Im A_i] and [Im A_i; Re A_i], which measure "
    "[Re Theta; Im Theta] (2 d1 x d2)"
)
SYMMETRIC = f"{_TWO}; for Hermitian A_i and Theta pass {_BLOCKS}"
QUADRATIC = (
    "a_i^H Theta a_i takes two real vectors, so use DenseSymmetric: for a real Theta with "
    "A_i = Re a_i Re a_iᵀ + Im a_i Im a_iᵀ, for a Hermitian one with A_i = a_i a_i^H as "
    f"{_BLOCKS}"
)
BILINEAR = (
    "a_iᵀ Theta b_i takes two real vectors on each side, so use Dense: for a real Theta with "
    "Re (a_i b_iᵀ) and Im (a_i b_iᵀ) as two measurements, Re y_i and Im y_i"
)
VECTORS = (
    "for a real theta pass Re A and Im A below each other, and Re y and Im y; for a complex one "
    "[[Re A, -Im A], [Im A, Re A]], which measures [Re theta; Im theta]"
)
MEASUREMENTS = (
    "with real A_i, Re y and Im y measure Re Theta and Im Theta: two problems; complex A_i have to "
    "be made real first, and their operators say how"
)
ENTRIES = (
    "complete the real and the imaginary part side by side, [Re, Im] (d1 x 2 d2; NaN in both where "
    "an entry is missing), whose rank is at most twice that of the matrix"
)
