"""The engine's schema changes, one explicit script each."""
