"""The table's row against hand-made readings."""

from evals.training.reader_check import Read, row


def test_places_count_only_where_there_is_an_answer_and_scores_part_both_kinds():
    found = [
        Read("answerable", 3.0, 1),
        Read("answerable", 2.0, 3),
        Read("answerable", 1.0, 0),
        Read("answerable", 0.5, 4),
        Read("near miss", 2.5, 1),
        Read("near miss", -1.0, 0),
        Read("false premise", -2.0, 0),
    ]
    values = [cell.split()[0] for cell in row(found)]
    assert values == ["0.25", "0.50", "0.62", "1.00"]
