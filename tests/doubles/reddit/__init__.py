"""A small Reddit that the real praw talks to: OAuth, inbox, comments, link posts, moderation, limits and faults.

`python -m tests.doubles.reddit` starts one that prints its address and how to write to the bot;
`--mood` names what goes wrong.
"""
