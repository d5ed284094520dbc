"""A webhook of a group."""

from kb.features.webhooks.records import Webhooks
from kb.features.webhooks.webhook import Shape, Webhook, new_secret
from kb.model.followed_search import FollowedSearch
from kb.model.people.group import Group
from kb.services.followed_searches.following import position_of
from kb.store import WriteTransaction

LONG_AGO = "2015-01-01T09:00:00.000000Z"


def put_webhook(writing: WriteTransaction, group: Group) -> None:
    """The webhook `webhook-<slug>`, which tells each new item of the group to a program."""
    search = FollowedSearch(f"webhook-search-{group.slug}", f"group={group.slug}", LONG_AGO)
    writing.followed_searches.add(search, ())
    webhook = Webhook(
        f"webhook-{group.slug}", group.id, search.id, "https://exemple.fr/reception", Shape.JSON, "fr",
        with_passages=False, secret=new_secret(), position=position_of(writing), is_on=True, failure="",
        created_at=LONG_AGO, name="Le salon",
    )  # fmt: skip
    Webhooks(writing.connection).put(webhook)
