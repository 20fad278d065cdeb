"""What a document is called in Chinese: nothing until it is read again, which a new layout of the index sees to."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE documents ADD COLUMN title_zh TEXT NOT NULL DEFAULT ''")
