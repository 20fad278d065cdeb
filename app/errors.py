"""What a user can do wrong while asking, each with the sentence shown and the next step.

AskError (ingest.errors)
├── QuestionError   empty, too long, or nothing but signs
├── SettingsError   a value that cannot be
└── ServerError     the page cannot start: the port is taken, the address is not this machine's
"""

from ingest.errors import AskError

__all__ = ["AskError", "QuestionError", "ServerError", "SettingsError"]


class QuestionError(AskError):
    """The question cannot be asked."""


class SettingsError(AskError):
    """A setting has a value that it cannot have."""


class ServerError(AskError):
    """The page cannot be served."""
