"""Reddit: people summon the horde by u/mentions, replies and private messages."""
