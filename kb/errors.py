"""The exceptions of the program.

The web and the command line translate the message; the web maps the class to a status, the command to an exit code.

A message is an English sentence, the key of its translations, with `%(name)s` for values.
"""


class FlorilegeError(Exception):
    """What can be told to a person in one sentence."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class NotFound(FlorilegeError):
    """There is no such thing, or the asker may not know of it."""


class Forbidden(FlorilegeError):
    """The asker may read this, but not do that."""


class LoginNeeded(Forbidden):
    """Nobody is signed in, and somebody must be."""


class RateLimited(FlorilegeError):
    """It was tried too often; `wait` is in seconds."""

    def __init__(self, message: str, wait: float, **values: object) -> None:
        super().__init__(message, **values)
        self.wait = wait


class Invalid(FlorilegeError):
    """What was given cannot be understood; the message says what was expected."""


class Conflict(FlorilegeError):
    """Somebody else was there first."""


class Unavailable(FlorilegeError):
    """It cannot be done at this moment (disk full, index to rebuild, newer store); the message says what helps."""
