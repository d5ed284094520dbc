"""An image that is a part of an e-mail message, so that a mail program fetches nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InlinePicture:
    """A PNG image that the HTML part shows as `cid:<content_id>`; the program has written both."""

    content_id: str
    png: bytes
