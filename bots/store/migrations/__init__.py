"""The bots' schema changes, one explicit script each."""
