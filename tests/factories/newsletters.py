"""A newsletter with an issue that was sent, a draft, and a subscriber."""

import json
from base64 import b64decode

from kb.features.newsletters.records.newsletter_records import (
    Issue,
    IssueState,
    LetterLogo,
    Newsletter,
    Newsletters,
    Subscriber,
    SubscriberState,
)
from kb.model.people.group import Group
from kb.store import WriteTransaction

LOGO = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR42mPki/FiYGAAAANWALaj3qg1AAAAAElFTkSuQmCC")
LONG_AGO = "2015-01-01T09:00:00.000000Z"


def add_newsletter(
    writing: WriteTransaction,
    group: Group,
    list_id: str,
    *,
    title: str = "La lettre",
    entries: tuple[dict[str, object], ...] = (),
) -> None:
    """The newsletter “lettre” of a group: the issue 1 has these entries, the draft `draft-<slug>` those of a list."""
    records, slug = Newsletters(writing.connection), group.slug
    letter = Newsletter(f"n-{slug}", group.id, "lettre", title, "De quoi lire.", "blue", "Le groupe", "", LONG_AGO, 1)
    records.add(letter)
    records.set_logo(LetterLogo(letter.id, group.id, "0123456789abcdef", 2, 1), LOGO)
    content = json.dumps({"sections": [{"heading": "", "text": "", "entries": [*entries]}]})
    for id_, state, number, stored in (
        (f"sent-{slug}", IssueState.SENT, 1, content),
        (f"draft-{slug}", IssueState.DRAFT, None, None),
    ):
        issue = Issue(
            id_, group.id, letter.id, state, number, f"{title}, le numéro", "Bonjour à tous,", list_id, LONG_AGO, None,
            stored, sent_at=LONG_AGO if number else None,
        )  # fmt: skip
        records.add_issue(issue)
    records.note_items(Issue(f"sent-{slug}", group.id, letter.id, IssueState.SENT, 1, "", "", list_id, LONG_AGO, None),
                       ((str(entry["id"]), "") for entry in entries))  # fmt: skip
    records.add_subscribers(
        Subscriber(
            f"subscriber-{slug}", group.id, letter.id, SubscriberState.ACTIVE, f"stop-{slug}", LONG_AGO,
            email="lea@exemple.org", address_hash=f"hash-{slug}",
        )
    )  # fmt: skip


def an_entry(item_id: str, title: str, quote: str = "", quote_id: str = "") -> dict[str, object]:
    """An item in the content of an issue, as it is stored."""
    texts = dict.fromkeys(("address", "source", "byline", "published", "description", "words", "language", "link"), "")
    quotes = [{"text": quote, "by": "", "id": quote_id, "is_selected": True}] if quote else []
    return {**texts, "title": title, "quotes": quotes, "comments": [], "id": item_id}
