"""The tables of what users make: conversations and what they have set, feedback, files."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE conversations (
  id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT COLLATE "C" NOT NULL,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY);
CREATE INDEX by_visitor ON conversations (visitor, changed);
CREATE TABLE records (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position BIGINT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (conversation, position));
CREATE TABLE shared (
  id TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, record TEXT NOT NULL);
CREATE TABLE preferences (visitor TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE feedback (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line TEXT NOT NULL);
CREATE TABLE files (path TEXT COLLATE "C" PRIMARY KEY, digest TEXT NOT NULL, bytes BYTEA NOT NULL);
ALTER TABLE files ALTER COLUMN bytes SET STORAGE EXTERNAL;
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)
