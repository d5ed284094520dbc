"""The calls of `hostile_texts.py` to the functions behind forms and the API: each field of users is filled in once."""

from collections.abc import Callable

from bench.fuzz.hostile_records import Texts
from kb.access.actor import Actor
from kb.model.items.item_fields import AnnotationFields, ItemFields, parse_tags
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Role
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import ConceptText
from kb.services.accounts.own_account import change_name
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, create_group
from kb.services.groups.invitations import invite_account, invite_by_email
from kb.services.groups.membership import join_group
from kb.services.items.item_creation import readable_items_with_url, save_item
from kb.services.items.item_edit import edit_item
from kb.services.lists.lists import add_list_entry, create_list, lists_of_group
from kb.services.mentions.mentions import mention_completions
from kb.services.moderation.moderation_actions import report_content
from kb.services.search.saved_searches import create_saved_search
from kb.services.search.search import run_search
from kb.services.search.suggestions import search_suggestions
from kb.services.tags.tag_edit import rename_tags
from kb.services.vocabulary.concept_fields import ConceptFields
from kb.services.vocabulary.concepts import save_concept
from kb.services.vocabulary.vocabularies import NewConcept, add_concept

GROUP = "lectures"
Act = Callable[[Library, Actor, Texts, str], object]


def _fields(text: Texts) -> ItemFields:
    """The fields of an item, one of them or all hostile."""
    if text.chance.random() < 0.5:
        return ItemFields(url=text.address(), title="Un titre")
    names = ("title", "description", "byline", "published", "source", "language")
    hostile = {name: text() for name in names if text.chance.random() < 0.3}
    return ItemFields(**{"title": "Un titre", **hostile}, tags=parse_tags(text()))


def _add_entry(library: Library, actor: Actor, text: Texts, _item: str) -> object:
    _, lists = lists_of_group(library, actor, GROUP)
    outline_id = lists[0][0].id if lists else create_list(library, actor, GROUP, "Une liste").id
    return add_list_entry(library, actor, outline_id, ListEntryKind.TEXT, words=text())


def _search(library: Library, actor: Actor, text: Texts, _item: str) -> object:
    names = ("q", "tag", "author", "source", "site", "language", "from", "to", "page", "group", text()[:30])
    return run_search(library, actor, SearchRequest.from_params([("q", text()), (text.chance.choice(names), text())]))


FIELDS: tuple[tuple[str, Act], ...] = (
    (
        "keep",
        lambda library, actor, text, _: save_item(
            library, actor, GROUP, _fields(text), [AnnotationFields(text(), text())]
        ),
    ),
    ("edit", lambda library, actor, text, item: edit_item(library, actor, item, _fields(text))),
    (
        "annotate",
        lambda library, actor, text, item: write_annotation(
            library, actor, item, AnnotationFields(text(), text(), text()[:9])
        ),
    ),
    ("reply", lambda library, actor, text, _: write_reply(library, actor, text(), text())),
    ("address", lambda library, actor, text, _: readable_items_with_url(library, actor, GROUP, text.address(), 5)),
    ("search", _search),
    ("suggest", lambda library, actor, text, _: search_suggestions(library, actor, text())),
    ("saved search", lambda library, actor, text, _: create_saved_search(library, actor, GROUP, text(), f"q={text()}")),
    ("list", lambda library, actor, text, _: create_list(library, actor, GROUP, text(), text())),
    ("entry", _add_entry),
    (
        "private note",
        lambda library, actor, text, item: write_private_note(library, actor, item, AnnotationFields(text())),
    ),
    ("report", lambda library, actor, text, item: report_content(library, actor, item, reason=text())),
    ("message", lambda library, actor, text, _: join_group(library, actor, text(), text())),
    ("name", lambda library, actor, text, _: change_name(library, actor, text())),
    ("mention", lambda library, actor, text, _: mention_completions(library, actor, GROUP, text())),
    ("group", lambda library, actor, text, _: create_group(library, actor, GroupSettings(text(), text(), slug=text()))),
    ("invitation", lambda library, actor, text, _: invite_by_email(library, actor, GROUP, text(), Role.MEMBER)),
    ("account", lambda library, actor, text, _: invite_account(library, actor, GROUP, text(), Role.MEMBER)),
    ("tags", lambda library, actor, text, _: rename_tags(library, actor, GROUP, [text()], text())),
    ("label", lambda library, actor, text, _: add_concept(library, actor, GROUP, NewConcept(text(), "fr", [text()]))),
    (
        "term",
        lambda library, actor, text, _: save_concept(
            library, actor, GROUP, "", ConceptFields((ConceptText("fr", text()),)), version="", restoring=True
        ),
    ),
)
"""Each action of a user, by name."""
