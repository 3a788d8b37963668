"""The rules of the queue: limits, lanes, order, matching and leases."""
