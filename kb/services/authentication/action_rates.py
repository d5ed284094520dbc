"""Action rates: how often one user or, without a login, one network may do something."""

from hashlib import sha256

from kb.access.actor import Actor
from kb.model.people.network_address import network_of
from kb.services.authentication.authentication import check_rate_limits
from kb.services.core.library import Library
from kb.store import Rate


def count_form_post(library: Library, actor: Actor, client: str) -> None:
    """Count one sent form, in the database, for all workers together. Raises RateLimited."""
    per_minute, who = library.settings.rate_write, actor.user_id or network_of(client)
    if per_minute and who:
        check_rate_limits(library, [(sha256(f"act {who}".encode()).hexdigest(), Rate(per_minute, 60 / per_minute))])
