"""The exceptions of the program.

The web and the command line translate the message; the web maps the class to a status, the command to an exit code.

A message is an English sentence, the key of its translations, with `%(name)s` for values.
"""


def translatable(message: str) -> str:
    """The message itself, marked for translation, where a registry holds it and a page translates it later."""
    return message


def counted(one: str, many: str, number: int) -> str:
    """The message for a number, which is 1 or more: that of warnings and errors, which hold one message.

    Pages and commands use `Translator.ngettext`.
    """
    return one if number == 1 else many


class FlorilegeError(Exception):
    """An error that one sentence can explain to a user."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class NotFound(FlorilegeError):
    """The thing does not exist, or the user may not know of it."""


class InvalidLink(NotFound):
    """A one-time link that was used, has expired or never existed."""


class Forbidden(FlorilegeError):
    """The user may read this, but not do that."""


class LoginNeeded(Forbidden):
    """The action needs a signed-in user."""


class RateLimited(FlorilegeError):
    """Too many attempts; `wait` is in seconds."""

    def __init__(self, message: str, wait: float, **values: object) -> None:
        super().__init__(message, **values)
        self.wait = wait


class UnsupportedContent(FlorilegeError):
    """The content is of a kind that is not taken here; the message says what was expected."""


class Invalid(FlorilegeError):
    """The input cannot be understood; the message says what was expected."""


class Conflict(FlorilegeError):
    """Another user was first."""


class Unavailable(FlorilegeError):
    """The action is impossible now (full disk, index to rebuild, newer database); the message gives advice."""


class ServerLost(Unavailable):
    """The connection to the database was lost. What only reads may be tried again at once."""
