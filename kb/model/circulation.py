"""What a group has sent to its readers, as the declaration of copies to a rights society asks for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Circulation:
    """One dispatch: the source of each of its articles (empty for none), and how many received it. `sent_at` is an
    RFC 3339 instant.
    """

    sent_at: str
    sources: tuple[str, ...]
    recipients: int
