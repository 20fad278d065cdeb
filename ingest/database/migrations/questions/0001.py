"""Known questions with their wordings and vectors, as `ingest.questions.store` has them in SQLite."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE known_questions (
  id BIGINT PRIMARY KEY, gap TEXT NOT NULL, partial INTEGER NOT NULL, about TEXT NOT NULL, answers TEXT NOT NULL,
  written TEXT NOT NULL);
CREATE TABLE wordings (
  id BIGINT PRIMARY KEY, question_id BIGINT NOT NULL, text TEXT NOT NULL, vector_key TEXT NOT NULL);
CREATE TABLE remembered (key TEXT PRIMARY KEY, said TEXT NOT NULL);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BYTEA NOT NULL);
ALTER TABLE vectors ALTER COLUMN vector SET STORAGE EXTERNAL;
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)
