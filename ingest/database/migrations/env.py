"""Run by Alembic around the steps: the connection and the schema are those of `ingest.database.postgres`."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], version_table_schema=given["schema"])
with context.begin_transaction():
    context.run_migrations()
