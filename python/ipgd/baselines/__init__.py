"""Established methods on Theta itself, for comparison: everything here returns a Solution.

They work with every operator through its public methods. Theta is formed, which takes the memory
and the time that factored methods save.
"""

from .impute import soft_impute
from .nuclear import nuclear_norm
from .projected import projected_gradient

__all__ = ["nuclear_norm", "projected_gradient", "soft_impute"]
