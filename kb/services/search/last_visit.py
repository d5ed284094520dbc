"""`since=visit`: what was added since the user's last visit."""

from dataclasses import replace

from kb.access.actor import Actor
from kb.errors import LoginNeeded
from kb.model.search_request import AddedSince, SearchRequest


def with_last_visit(request: SearchRequest, actor: Actor) -> SearchRequest:
    """The request with the time of the actor's last visit, if it asks for it; without one, all results are new.

    Raises LoginNeeded for an anonymous actor, who has no visits.
    """
    if request.since is not AddedSince.VISIT:
        return request
    if actor.user_id is None:
        raise LoginNeeded("“since=visit” is for users who are logged in: choose 7d or 30d.")
    return replace(request, visited_at=actor.last_visit_at)
