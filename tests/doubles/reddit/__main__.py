"""Starts the double and says how to talk to it."""

from tests.doubles.people import run
from tests.doubles.towns import RedditTown

run(RedditTown)
