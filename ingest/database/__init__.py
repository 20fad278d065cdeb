"""The tables of an index: SQLite files, or a schema of a PostgreSQL database."""
