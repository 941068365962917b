"""Models that are products of many factors say how many they take."""

import ipgd
import pytest


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ipgd.DeepFactor, "depth"),
        (ipgd.CompressedDeep, "depth"),
        (ipgd.HadamardPower, "power"),
        (ipgd.WeightNormalized, "power"),
        (ipgd.SymmetricTensor, "order"),
    ],
)
def test_a_number_of_factors_that_would_take_for_ever_is_refused(kind, name):
    kind(1000)
    with pytest.raises(ValueError, match=f"{name}: expected an integer <= 1000, got 1001"):
        kind(1001)
