"""Readers of digests, and requests of strangers."""

from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.records.digest_records import DigestReader, SubscriptionRequest
from kb.model.people.secret import secret_hash

ADDRESS = "lectrice@exemple.org"


def a_request(key: str, created_at: str) -> SubscriptionRequest:
    """What a stranger asked for, which a key confirms."""
    facts = ("q=port", "« port »", Rhythm.WEEKLY, "fr", "J’accepte.", created_at)
    return SubscriptionRequest(secret_hash(key), ADDRESS, *facts)


def a_reader(key: str, email: str = ADDRESS) -> DigestReader:
    """A reader without an account, whose preferences a key opens."""
    since = "2026-01-01T09:00:00.000000Z"
    return DigestReader(
        f"reader-{key}", key, "fr", 0, 8, email=email, consent="J’accepte.", consented_at=since, renewed_at=since
    )
