"""Use cases: one verb a file, plain functions that take the open transaction of their caller."""
