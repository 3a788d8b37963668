"""A stage a platform: people, posts and faults, for the one suite that every platform passes."""
