"""Which known question asks the same is fitted on turns that were judged."""

import numpy as np

from evals.training.match import ORDERED, Asked, fit, report


def turns(name: str) -> list[Asked]:
    """Turns whose right candidate has the larger second value, beside noise."""
    draw = np.random.default_rng(len(name))
    found = []
    for _ in range(40):
        rows = draw.normal(size=(6, len(ORDERED)))
        found.append(Asked(name, "yes", rows, np.arange(6) == int(np.argmax(rows[:, 1]))))
    return found


def test_the_feature_that_tells_the_right_one_is_found() -> None:
    weights = fit(turns("b"))
    assert max(weights, key=lambda name: weights[name]) == ORDERED[1]
    columns = [list(column.cells) for column in report(turns("another"), {"another": weights}).columns]
    assert columns[0] == ["yes"]
    assert float(columns[2][0]) > 0.9
