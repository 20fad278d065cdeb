"""Bootstrap intervals and paired tests over cases.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (percentile interval); Good, Permutation Tests, 1994
(sign flips of paired differences).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 0
DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value over `cases` cases with its 95 % interval; all NaN if there is no value."""

    value: float
    low: float
    high: float
    cases: int

    def __format__(self, digits: str) -> str:
        """Format it as `0.830 [0.714, 0.921]`, or as a dash if there is no value."""
        return "–" if math.isnan(self.value) else f"{self.value:{digits}} [{self.low:{digits}}, {self.high:{digits}}]"


@dataclass(frozen=True, slots=True)
class Paired:
    """`difference` = mean of b minus a on the same cases; `p` is two-sided, for no difference."""

    difference: Interval
    p: float


NO_VALUE = Interval(math.nan, math.nan, math.nan, 0)


def interval(statistic: Callable[..., float], *columns: Sequence[Any] | NDArray[Any]) -> Interval:
    """Compute a statistic of columns with its bootstrap interval.

    Whole cases are drawn with replacement. A draw for which the statistic is NaN does not count.
    """
    arrays = [np.asarray(c) for c in columns]
    size = len(arrays[0])
    if size == 0:
        return NO_VALUE
    draws = np.random.default_rng(SEED).integers(0, size, (DRAWS, size))
    values = np.array([statistic(*(a[d] for a in arrays)) for d in draws])
    value, defined = float(statistic(*arrays)), values[~np.isnan(values)]
    if np.isnan(value) or defined.size == 0:
        return replace(NO_VALUE, cases=size)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value, float(low), float(high), size)


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of the values with its interval, as `interval` gives it."""
    return interval(np.mean, np.asarray(values, dtype=float))


def paired(a: Sequence[float], b: Sequence[float]) -> Paired:
    """Test whether the scores of run b differ from those of run a, case by case.

    If at most 12 cases differ, all sign patterns are tried, else random ones.
    """
    difference = np.asarray(b, dtype=float) - np.asarray(a, dtype=float)
    changed, p = np.append(difference[difference != 0], 0.0), 1.0  # SciPy wants two numbers
    if changed.size > 1:
        from scipy.stats import permutation_test  # type: ignore[import-untyped]

        p = float(permutation_test((changed,), np.sum, permutation_type="samples", n_resamples=10_000, rng=SEED).pvalue)
    return Paired(mean_interval(difference.tolist()), p)
