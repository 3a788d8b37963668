"""The queue's rows: requests, jobs, leases and lanes."""
