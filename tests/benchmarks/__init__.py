"""Speed is measured here and never asserted: `python -m tests.benchmarks.NAME [--quick] [--json]`."""
