"""The stages a job goes through, each a loop with a bounded queue to the next."""
