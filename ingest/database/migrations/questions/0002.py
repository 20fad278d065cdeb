"""Written answers: the table of questions is made anew, and filled at the next change."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
DROP TABLE known;
CREATE TABLE known_questions (
  id BIGINT PRIMARY KEY, gap TEXT NOT NULL, partial INTEGER NOT NULL, about TEXT NOT NULL, answers TEXT NOT NULL,
  written TEXT NOT NULL);
DELETE FROM meta WHERE name IN ('state', 'said');
"""


def upgrade() -> None:
    """Make the table."""
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)
