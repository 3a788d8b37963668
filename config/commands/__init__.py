"""One file a command of `horde`: each has `add(subparsers)` and `run(arguments) -> exit code`."""
