"""The statuses with which a command may end."""

OK, FOUND, FAILED = 0, 1, 2
"""Nothing to complain about; findings; the run could not do what was asked."""

INTERRUPTED, BROKEN_PIPE = 130, 141
"""What a shell reports of a program that SIGINT or SIGPIPE has ended."""
