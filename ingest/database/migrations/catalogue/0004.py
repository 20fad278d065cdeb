"""Originals of sources, and where they carry the sentences of summaries: found again by the next sync."""

from alembic import op

revision = "0004"
down_revision = "0003"

CHANGES = """
ALTER TABLE documents ADD COLUMN original_of TEXT NOT NULL DEFAULT '';
CREATE TABLE aligned (
  summary TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  original TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE, method TEXT NOT NULL, carried TEXT NOT NULL,
  PRIMARY KEY (summary, original));
CREATE INDEX aligned_original ON aligned (original);
"""


def upgrade() -> None:
    """Make the table and the column."""
    for statement in filter(str.strip, CHANGES.split(";")):
        op.execute(statement)
