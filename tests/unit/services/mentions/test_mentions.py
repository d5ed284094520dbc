"""Naming people in what one writes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import NotFound, Refused, SignInNeeded
from kb.model.items.item_fields import ItemFields, Words
from kb.model.people.group import Role, Visibility
from kb.model.people.mention import MOST_NAMED, named_in
from kb.services.admin.expired_data import sweep
from kb.services.annotations.annotations import annotate, change_annotation, reply
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.items.item_creation import keep
from kb.services.mentions.mentions import (
    completions,
    mentions_of,
    people_in_texts,
    see_mentions,
    unread_mentions,
    want_letters,
    wants_letters,
)
from kb.services.moderation.moderation_actions import remove, restore
from kb.services.undo.undo import undo
from tests.moderation_factories import a_moderated_library, item_of, person, who


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def said_to(library: Library, login: str) -> list[str]:
    found = mentions_of(library, who(library, login))
    return [(one.part.annotation or one.part.reply).body or "" for one in found]  # type: ignore[union-attr]


def waits(library: Library, login: str) -> int:
    return unread_mentions(library, who(library, login))


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
def test_what_names_somebody(text: str, logins: tuple[str, ...]) -> None:
    assert named_in(text) == logins


def test_a_text_names_so_many_people_at_most() -> None:
    assert len(named_in(" ".join(f"@p{number}" for number in range(1_000)))) == MOST_NAMED


def test_who_is_named_learns_it_once_and_says_that_they_have_seen_it(library: Library) -> None:
    claire = who(library, "claire")
    written = annotate(library, claire, "i1", Words("Un passage.", "Qu’en dis-tu, @max ?"))
    reply(library, claire, "a1", "@rene @claire : à voir.")
    assert (waits(library, "max"), waits(library, "rene"), waits(library, "claire")) == (1, 1, 0)
    change_annotation(library, claire, written.part_id, Words("Un passage.", "Et toi, @max ?"))
    assert said_to(library, "max") == ["Et toi, @max ?"]
    see_mentions(library, who(library, "max"), written.part_id)
    see_mentions(library, who(library, "rene"))
    assert (waits(library, "max"), waits(library, "rene")) == (0, 0)
    change_annotation(library, claire, written.part_id, Words("Un passage.", "Rien."))
    assert said_to(library, "max") == []


def test_nobody_is_named_who_does_not_belong_there(library: Library) -> None:
    annotate(library, who(library, "claire"), "i1", Words(body="@sam @ancien @personne"))
    assert said_to(library, "sam") == []
    item = item_of(library)
    with library.store.read() as reading:
        group = reading.groups.by_ids([item.group_id])[item.group_id]
    assert people_in_texts(library, item, group) == {}


def test_who_shared_the_item_is_named_as_long_as_they_may_read_it(library: Library) -> None:
    with library.store.write() as writing:
        writing.groups.drop_member(person(library, "claire").id, item_of(library).group_id)
    annotate(library, who(library, "max"), "i1", Words(body="@claire, bravo."))
    assert waits(library, "claire") == 1
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))
    assert (waits(library, "claire"), said_to(library, "claire")) == (0, [])
    annotate(library, who(library, "max"), "i1", Words(body="@claire, encore."))
    set_role(library, OPERATOR, "quais", "claire", Role.READER)
    assert said_to(library, "claire") == ["@claire, bravo."]


def test_what_is_taken_away_names_nobody_and_names_again_when_it_is_back(library: Library) -> None:
    claire = who(library, "claire")
    written = annotate(library, claire, "i1", Words(body="@max ?"))
    aside = remove(library, claire, "i1", written.part_id)
    sweep(library)
    assert (waits(library, "max"), said_to(library, "max")) == (0, [])
    restore(library, claire, aside.id)
    assert waits(library, "max") == 1
    assert written.undo is not None
    undo(library, claire, written.undo)
    sweep(library)
    with library.store.read() as reading:
        assert reading.mentions.in_part(written.part_id) == ()


def test_what_is_kept_with_an_item_names_people_too(library: Library) -> None:
    keep(library, who(library, "claire"), "quais", ItemFields(title="La houle"), [Words("Elle monte.", "@max")])
    assert waits(library, "max") == 1


def test_a_letter_goes_to_who_wants_it_and_holds_none_of_the_words(library: Library) -> None:
    with_mail = replace(library, settings=replace(library.settings, mail_url="smtp://127.0.0.1:9"))
    for login in ("max", "rene"):
        with library.store.write() as writing:
            account = writing.accounts.by_login(login)
            assert account is not None
            writing.accounts.update(replace(account, email=f"{login}@exemple.fr"))
    want_letters(with_mail, who(library, "max"), wanted=True)
    want_letters(with_mail, who(library, "rene"), wanted=True)
    want_letters(with_mail, who(library, "rene"), wanted=False)
    assert wants_letters(library, who(library, "max"))
    written = annotate(with_mail, who(library, "claire"), "i1", Words(body="@max @rene secret"))
    with library.store.read() as reading:
        letters = reading.letters.due("2999")
    assert [one.recipient for one in letters] == ["max@exemple.fr"]
    assert "secret" not in letters[0].body
    assert f"/items/i1#a-{written.part_id}" in letters[0].body


def test_logins_are_completed_for_who_may_write_there(library: Library) -> None:
    def found(login: str, start: str) -> list[str]:
        return [one.login for one in completions(library, who(library, login), "quais", start)]

    assert found("claire", "@M") == ["max"]
    assert found("claire", "") == ["claire", "max", "olga", "rene"]
    assert found("claire", "sam") == []
    for login, error in (("", SignInNeeded), ("sam", Refused), ("rene", Refused)):
        with pytest.raises(error):
            found(login, "m")
    with pytest.raises(NotFound):
        completions(library, who(library, "claire"), "rien", "m")
