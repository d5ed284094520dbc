"""The JSON text in which removed content is stored, with the ids of users instead of their names."""

import json
from collections.abc import Mapping

from kb.model.items.moderation import RemovedContent
from kb.model.people.user import User
from kb.store.database.json_values import json_of, replace_user, user_ids_in, value_of


def removed_content_text(content: RemovedContent) -> str:
    """The JSON text of removed content."""
    return json.dumps(json_of(content), ensure_ascii=False)


def removed_content_from_text(body: str, people: Mapping[str, User]) -> RemovedContent:
    """Removed content from its JSON text; an author who is not in `people` is None."""
    return value_of(RemovedContent, json.loads(body), people)


def people_ids_in(body: str) -> frozenset[str]:
    """The ids of all users that a text names."""
    return frozenset(user_ids_in(json.loads(body)))


def reassign_authors(body: str, from_id: str, to_id: str | None) -> str:
    """The same text, with what `from_id` shared and wrote given to `to_id`, or to nobody."""
    record = json.loads(body)
    replace_user(record, from_id, to_id)
    return json.dumps(record, ensure_ascii=False)
