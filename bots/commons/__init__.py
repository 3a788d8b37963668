"""The local web timeline: a platform like every other, with its own pages."""
