"""Conversations that are pinned: none yet."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.execute("CREATE TABLE pinned (conversation TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE)")
