"""The engine: queue, kudos and moderation, without any bot, HTTP or GPU."""
