"""The personal data export contains the user's own texts whole, and beside them only what the user may read now."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest

from kb.access.actor import OPERATOR
from kb.model.idempotent_answer import Answer
from kb.model.items.item import Item, Sharing
from kb.model.items.item_fields import AnnotationFields, ItemFields, fields_of_item
from kb.model.items.item_list import ListEntryKind
from kb.model.items.moderation import RemovedContent
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_key, own_feed_keys
from kb.services.accounts.personal_data_export import own_records, write_own_personal_data
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.core.idempotency import KeyedRequest, run_idempotently
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.item_actions.move_and_copy import copy_item, move_item
from kb.services.items.item_creation import save_item as save
from kb.services.items.item_edit import edit_item
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    hide_content,
    remove_content,
    report_content,
)
from kb.store.groups.moderation import removed_content_text
from tests.factories.group import as_
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.moderation import a_moderated_library

OTHERS = "zibeline"
"""A word in all texts of others and in the names of groups, which Claire may no longer read."""


@pytest.fixture
def library() -> Iterator[Library]:
    """The closed group “quais”, in which Claire saved an item, replied to a passage of Max, and used every other
    feature.
    """
    with a_moderated_library(Visibility.MEMBERS) as opened:
        claire, max_ = as_(opened, "claire"), as_(opened, "max")
        write_annotation(opened, max_, "i1", AnnotationFields("Un passage de Max.", "Dit par Max."))
        item = item_of(opened, "i1")
        annotation = next(annotation for annotation in item.annotations if annotation.quote == "Un passage de Max.")
        write_reply(opened, claire, annotation.id, "Ma réponse.")
        saved = save(opened, claire, "quais", ItemFields(title="Mon titre")).item
        write_annotation(opened, claire, saved.id, AnnotationFields(body="Mon commentaire."))
        report_content(opened, claire, "i2", None, "Ma raison")
        own_list = create_list(opened, claire, "quais", "Ma liste")
        add_list_entry(opened, claire, own_list.id, ListEntryKind.TEXT, words="Texte de liste")
        create_feed_key(opened, claire, FollowedFeed("/g/quais.atom", "quais"))
        run_idempotently(
            opened,
            claire,
            KeyedRequest("clé", "empreinte"),
            lambda _: Answer(201, (), '{"title": "Mon titre"}'),
            _no_check,
        )
        remove_content(opened, claire, "i1", "a4")
        yield opened


def _no_check(library: Library, earlier: Answer) -> None:
    del library, earlier


def item_of(library: Library, item_id: str) -> Item:
    with library.store.read() as reading:
        return reading.items.any_of([item_id])[item_id]


def data_of(library: Library, login: str = "claire") -> dict[str, str]:
    stream = BytesIO()
    write_own_personal_data(library, as_(library, login), stream)
    with ZipFile(stream) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def own_item(library: Library) -> Item:
    with library.store.read() as reading:
        ids = reading.contributions.item_ids(as_(library, "claire").user_id or "")
        return next(id_ for id_ in reading.items.any_of(ids).values() if id_.title == "Mon titre")


def retitle(library: Library, item_id: str) -> None:
    item = item_of(library, item_id)
    edit_item(library, as_(library, "max"), item_id, replace(fields_of_item(item), title=f"Titre {OTHERS}", url=""))


def test_an_expelled_user_exports_only_the_texts_they_wrote(library: Library) -> None:
    own = own_item(library)
    remove_member(library, OPERATOR, "quais", "claire")
    for item_id in ("i1", own.id):
        retitle(library, item_id)
    settings = GroupSettings(f"Quais {OTHERS}", visible=Visibility.MEMBERS, join=JoinPolicy.INVITE)
    change_group(library, as_(library, "olga"), "quais", settings)
    files = data_of(library)
    everything = "".join(files.values())
    for foreign in (OTHERS, "quais", "Un passage de Max.", "Dit par Max.", "Le port au petit matin", "La criée"):
        assert foreign not in everything, foreign
    withheld = [json.loads(line) for line in files["no-longer-readable.jsonl"].splitlines()]
    texts = {part.get("body") or part.get("quote") for part in withheld}
    assert texts == {None, "Ma réponse.", "Mon commentaire.", "Un phare au bout du quai.", "Réponse 0.", "Réponse 2."}
    assert files["contributions.jsonl"] == ""
    # Content that she removed herself is included too: her texts, nothing else.
    assert "Une remarque." in files["set-aside.jsonl"]
    account = json.loads(files["account.json"])
    assert [report["why"] for report in account["reports"]] == ["Ma raison"]
    assert account["feeds"][0]["address"] is None
    assert [feed_key.address for feed_key in own_feed_keys(library, as_(library, "claire"))] == [""]


def test_a_member_takes_their_words_away_with_what_they_may_read(library: Library) -> None:
    files = data_of(library)
    assert files["no-longer-readable.jsonl"] == ""
    for text in ("Mon titre", "Un passage de Max.", "quais"):
        assert text in files["contributions.jsonl"]
    assert "/g/quais.atom" in files["account.json"]
    assert "Dit par Max." not in "".join(files.values())


@pytest.mark.parametrize("is_copied", [False, True])
def test_texts_moved_to_a_group_unknown_to_their_author_do_not_name_it(library: Library, is_copied: bool) -> None:
    add_group(library, OPERATOR, f"g-{OTHERS}", f"Groupe {OTHERS}", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, f"g-{OTHERS}", "max", Role.OWNER)
    placed = (copy_item if is_copied else move_item)(library, as_(library, "max"), "i1", f"g-{OTHERS}", confirmed=True)
    retitle(library, placed.item.id)
    files = data_of(library)
    everything = "".join(files.values())
    assert OTHERS not in everything
    assert ("Un passage de Max." in everything) == is_copied
    bodies = [json.loads(line).get("body") for line in files["no-longer-readable.jsonl"].splitlines()]
    assert "Ma réponse." in bodies
    assert ("Ma réponse." in files["contributions.jsonl"]) == is_copied


def test_a_group_that_closes_takes_its_names_back(library: Library) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=JoinPolicy.INVITE)
    olga = as_(library, "olga")
    change_group(library, olga, "quais", settings)
    remove_member(library, OPERATOR, "quais", "claire")
    assert "Un passage de Max." in data_of(library)["contributions.jsonl"]
    change_group(library, as_(library, "olga"), "quais", replace(settings, visible=Visibility.MEMBERS))
    assert "quais" not in "".join(data_of(library).values())


@pytest.mark.parametrize("is_purged", [False, True])
def test_the_export_of_hidden_content_has_ones_own_texts_and_no_title(library: Library, is_purged: bool) -> None:
    retitle(library, "i1")
    removal = hide_content(library, as_(library, "max"), "i1")
    if is_purged:
        delete_content_permanently(library, as_(library, "olga"), removal.id)
    files = data_of(library)
    everything = "".join(files.values())
    assert OTHERS not in everything
    assert "Un passage de Max." not in everything
    assert ("Ma réponse." in files["set-aside.jsonl"]) != is_purged


def test_a_line_of_the_log_names_no_title_of_what_was_hidden_since(library: Library) -> None:
    assert "La criée" in data_of(library)["log.jsonl"]
    hide_content(library, as_(library, "max"), "i2")
    assert "La criée" not in data_of(library)["log.jsonl"]


def test_the_record_of_a_removed_item_gives_each_person_their_own_part() -> None:
    odilon, paul = a_user("odilon"), a_user("paul")
    note = an_annotation(body="Sa note.", author=odilon, replies=[a_reply("Sa réponse.", author=paul)])
    shared = (Sharing(odilon), Sharing(paul, "2024-05-06T07:08:09Z"))
    item = an_item("Un titre", author=odilon, sharers=shared, annotations=[note])
    record = json.loads(removed_content_text(RemovedContent(item=item)))
    of_odilon, of_paul = (
        [part["words"] for part in own_records(record, user.id, with_facts=True)] for user in (odilon, paul)
    )
    assert [(part.get("title"), part.get("body")) for part in of_odilon] == [
        ("Un titre", None), (None, "Sa note."), (None, None)
    ]  # fmt: skip
    assert [(part.get("body"), part.get("added")) for part in of_paul] == [
        ("Sa réponse.", None), (None, "2024-05-06T07:08:09Z")
    ]  # fmt: skip
    assert paul.id not in str(of_odilon)
    assert odilon.id not in str(of_paul)
