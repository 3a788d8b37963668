"""Trains, exports and scores the embedded tiny text-to-image model."""
