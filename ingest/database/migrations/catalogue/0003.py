"""A document is a summary or an original: not known until it is read again, which a new layout of the index sees to."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE documents ADD COLUMN authorship TEXT NOT NULL DEFAULT 'original'")
