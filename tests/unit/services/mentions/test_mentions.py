"""Mentions of users in texts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.people.group import Role, Visibility
from kb.model.people.mention import MOST_NAMED, mentioned_logins
from kb.services.admin.expired_data import purge_expired_data
from kb.services.annotations.annotations import change_annotation, write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.items.item_creation import save_item
from kb.services.mentions.mentions import (
    mark_mentions_seen,
    mention_completions,
    mentions_of,
    set_mention_emails,
    unread_mentions,
    users_mentioned_in_item,
    wants_mention_emails,
)
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.services.undo.undo import undo_action
from tests.factories.moderation import a_moderated_library, actor_of, item_of, person


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def mention_texts(library: Library, login: str) -> list[str]:
    mentions = mentions_of(library, actor_of(library, login))
    return [(mention.part.annotation or mention.part.reply).body or "" for mention in mentions]  # type: ignore[union-attr]


def waits(library: Library, login: str) -> int:
    actor = actor_of(library, login)
    with library.store.read() as reading:
        return unread_mentions(reading, actor)


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@claire", ("claire",)),
        ("Pour @Claire, et @max : voir.", ("claire", "max")),
        ("(@claire) « @max »", ("claire", "max")),
        ("@sophie-point.", ("sophie-point",)),
        ("claire@exemple.fr", ()),
        ("https://exemple.fr/@claire", ()),
        ("@claire@exemple.social", ()),
        ("@@claire", ()),
        ("@ claire", ()),
        ("@-claire-", ()),
        ("@" + "a" * 65, ()),
        ("@claire @claire", ("claire",)),
        ("@élodie", ()),
    ],
)
def test_mentions_are_found_in_a_text(text: str, logins: tuple[str, ...]) -> None:
    assert mentioned_logins(text) == logins


def test_a_text_names_so_many_people_at_most() -> None:
    assert len(mentioned_logins(" ".join(f"@p{number}" for number in range(1_000)))) == MOST_NAMED


def test_a_mentioned_user_is_notified_once_and_marks_the_mention_as_read(library: Library) -> None:
    claire = actor_of(library, "claire")
    written = write_annotation(library, claire, "i1", AnnotationFields("Un passage.", "Qu’en dis-tu, @max ?"))
    write_reply(library, claire, "a1", "@rene @claire : à voir.")
    assert (waits(library, "max"), waits(library, "rene"), waits(library, "claire")) == (1, 1, 0)
    change_annotation(library, claire, written.part_id, AnnotationFields("Un passage.", "Et toi, @max ?"))
    assert mention_texts(library, "max") == ["Et toi, @max ?"]
    mark_mentions_seen(library, actor_of(library, "max"), written.part_id)
    mark_mentions_seen(library, actor_of(library, "rene"))
    assert (waits(library, "max"), waits(library, "rene")) == (0, 0)
    change_annotation(library, claire, written.part_id, AnnotationFields("Un passage.", "Rien."))
    assert mention_texts(library, "max") == []


def test_only_users_who_may_read_the_item_are_mentioned(library: Library) -> None:
    write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(body="@sam @ancien @personne"))
    assert mention_texts(library, "sam") == []
    item = item_of(library)
    with library.store.read() as reading:
        group = reading.groups.by_ids([item.group_id])[item.group_id]
    assert users_mentioned_in_item(library, item, group) == {}


def test_the_sharer_is_mentioned_as_long_as_they_may_read_the_item(library: Library) -> None:
    with library.store.write() as writing:
        writing.groups.drop_member(person(library, "claire").id, item_of(library).group_id)
    write_annotation(library, actor_of(library, "max"), "i1", AnnotationFields(body="@claire, bravo."))
    assert waits(library, "claire") == 1
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))
    assert (waits(library, "claire"), mention_texts(library, "claire")) == (0, [])
    write_annotation(library, actor_of(library, "max"), "i1", AnnotationFields(body="@claire, encore."))
    set_role(library, OPERATOR, "quais", "claire", Role.READER)
    assert mention_texts(library, "claire") == ["@claire, bravo."]


def test_removed_texts_mention_no_user_until_they_are_restored(library: Library) -> None:
    claire = actor_of(library, "claire")
    written = write_annotation(library, claire, "i1", AnnotationFields(body="@max ?"))
    removal = remove_content(library, claire, "i1", written.part_id)
    purge_expired_data(library)
    assert (waits(library, "max"), mention_texts(library, "max")) == (0, [])
    restore_content(library, claire, removal.id)
    assert waits(library, "max") == 1
    assert written.undo is not None
    undo_action(library, claire, written.undo)
    purge_expired_data(library)
    with library.store.read() as reading:
        assert reading.mentions.in_part(written.part_id) == ()


def test_mentions_in_a_new_item_count_too(library: Library) -> None:
    save_item(
        library,
        actor_of(library, "claire"),
        "quais",
        ItemFields(title="La houle"),
        [AnnotationFields("Elle monte.", "@max")],
    )
    assert waits(library, "max") == 1


def test_a_mention_message_goes_to_users_who_want_it_and_quotes_nothing(library: Library) -> None:
    with_mail = replace(library, settings=replace(library.settings, mail_url="smtp://127.0.0.1:9"))
    for login in ("max", "rene"):
        with library.store.write() as writing:
            account = writing.accounts.by_login(login)
            assert account is not None
            writing.accounts.update(replace(account, email=f"{login}@exemple.fr"))
    set_mention_emails(with_mail, actor_of(library, "max"), enabled=True)
    set_mention_emails(with_mail, actor_of(library, "rene"), enabled=True)
    set_mention_emails(with_mail, actor_of(library, "rene"), enabled=False)
    assert wants_mention_emails(library, actor_of(library, "max"))
    written = write_annotation(with_mail, actor_of(library, "claire"), "i1", AnnotationFields(body="@max @rene secret"))
    with library.store.read() as reading:
        letters = reading.outbox.due("2999")
    assert [letter.recipient for letter in letters] == ["max@exemple.fr"]
    assert "secret" not in letters[0].body
    assert f"/items/i1#a-{written.part_id}" in letters[0].body


def test_logins_are_completed_for_users_who_may_write(library: Library) -> None:
    def completions(login: str, start: str) -> list[str]:
        return [user.login for user in mention_completions(library, actor_of(library, login), "quais", start)]

    assert completions("claire", "@M") == ["max"]
    assert completions("claire", "") == ["claire", "max", "olga", "rene"]
    assert completions("claire", "sam") == []
    for login, error in (("", LoginNeeded), ("sam", Forbidden), ("rene", Forbidden)):
        with pytest.raises(error):
            completions(login, "m")
    with pytest.raises(NotFound):
        mention_completions(library, actor_of(library, "claire"), "rien", "m")
