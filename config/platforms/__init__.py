"""The settings of each platform outside, what they still need, and the adapter that they come to."""
