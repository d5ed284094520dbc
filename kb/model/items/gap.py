"""What an item lacks."""

from enum import StrEnum


class Gap(StrEnum):
    """One thing that an item lacks, or that no longer works."""

    ADDRESS = "address"
    DATE = "date"
    TAG = "tag"
    LINK = "dead-link"
    """Its address leads nowhere any more."""
