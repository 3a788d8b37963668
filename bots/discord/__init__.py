"""Discord: mentions, direct messages, slash commands, buttons and reactions, without a privileged intent."""
