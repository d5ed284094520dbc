"""Going away: what is removed, what stays without a name, and that nothing anywhere tells who it was."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Conflict, NotFound, Refused, SignInNeeded, TooOften
from kb.exchange.json_lines import line_of, read
from kb.indexer import catch_up, cleanse
from kb.library.accounts import close_account
from kb.library.groups import contributors
from kb.library.leaving import Words, delete_account, forget_person, leaving_of
from kb.library.opening import Library, open_library
from kb.library.search import find
from kb.library.suggesting import suggest
from kb.library.transfer import ImportOptions, export_items, import_items
from kb.model.account import FeedKey, Identity, Invitation, Purpose, Session, SignIn, Token, TokenScope
from kb.model.group import Group, Role, Visibility
from kb.model.moderation import Act, Aside, Flag, SetAside
from kb.model.saved_search import SavedSearch
from kb.model.search import SearchRequest
from kb.model.secret import hash_of
from kb.model.vocabulary import Vocabulary
from kb.settings import settings_in
from kb.store import migrate
from kb.store.letters import Letter
from tests.factories import a_group, a_reply, a_user, an_annotation, an_item
from tests.group_factories import as_
from tests.library_factories import keep
from tests.signing_in import PASSWORD, an_account
from tests.vocabulary_factories import a_concept

NOW, LATER = "2026-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
LOGIN, NAME, EMAIL = "zephyrine", "Zéphyrine Quillard", "zq@exemple.fr"
LECTURES, CLOSED = a_group("lectures"), a_group("clos", visible=Visibility.MEMBERS)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Zéphyrine has one thing of every kind; Claire and Paul stay."""
    settings = settings_in(tmp_path)
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        an_account(library, "claire", administrator=True, email="claire@exemple.fr")
        an_account(library, LOGIN, name=NAME, email=EMAIL)
        fill(library)
        catch_up(library)
        yield library


def fill(library: Library) -> None:
    with library.store.read() as reading:
        zephyrine, claire = reading.users.by_login(LOGIN), reading.users.by_login("claire")
        own = reading.groups.by_slug(f"~{LOGIN}")
    assert zephyrine is not None
    assert claire is not None
    assert own is not None
    paul = a_user("paul")
    keep(
        library,
        an_item("Un titre à elle", id="hers", language="fr", group=LECTURES, order=1, author=zephyrine, annotations=[
            an_annotation("Un passage à elle.", id="h-1", author=zephyrine),
        ]),
        an_item("Un titre annoté", id="shared", language="fr", group=LECTURES, order=2, author=zephyrine, annotations=[
            an_annotation("Un passage de Paul.", id="h-2", author=paul, replies=[
                a_reply("Sa réponse.", id="r-1", author=zephyrine), a_reply("Une autre.", id="r-2", author=paul),
            ]),
            an_annotation("Un passage noté.", id="n-1", body="Sa note.", author=zephyrine, replies=[
                a_reply("Une réponse à sa note.", id="r-3", author=paul),
            ]),
            an_annotation(None, id="c-1", body="Son commentaire.", author=zephyrine, replies=[
                a_reply("Une réponse à son commentaire.", id="r-4", author=claire),
            ]),
            an_annotation(None, id="c-2", body="Un autre commentaire.", author=zephyrine, replies=[
                a_reply("Elle se répond.", id="r-5", author=zephyrine),
            ]),
        ]),
        an_item("Un titre de Paul", id="his", language="fr", group=CLOSED, order=3, author=paul, annotations=[
            an_annotation(None, id="c-3", body="Un mot chez Paul.", author=zephyrine),
        ]),
        an_item("Une confidence", id="own", language="fr", group=own, order=4, author=zephyrine),
        groups=(LECTURES, CLOSED),
    )  # fmt: skip
    with library.store.write() as writing:
        for group, role in ((LECTURES, Role.MEMBER), (CLOSED, Role.READER)):
            writing.groups.set_role(zephyrine.id, group.id, role)
            writing.groups.set_role(claire.id, group.id, Role.OWNER)
        writing.vocabularies.set(own.id, Vocabulary.of([a_concept("mot"), a_concept("autre", broader=["mot"])]))
        for number, (group_id, parameters) in enumerate(
            (
                (own.id, "q=mot"),
                (LECTURES.id, f"author={LOGIN}&q=passage"),
                (LECTURES.id, f"author={LOGIN}&author=paul"),
                (LECTURES.id, f"q=auteur%3A{LOGIN}"),
                (LECTURES.id, "q=passage"),
                (LECTURES.id, ""),
            )
        ):
            writing.saved_searches.add(SavedSearch.of(f"s-{number}", group_id, f"Suivi {number}", parameters, NOW))
        writing.credentials.add_session(Session("se-1", zephyrine.id, "Firefox", NOW, NOW, LATER), hash_of("a"))
        writing.credentials.add_token(Token("to-1", zephyrine.id, "jeton", TokenScope.READ, NOW), hash_of("b"))
        writing.credentials.add_feed_key(FeedKey("k-1", zephyrine.id, "/g/clos.atom", NOW), hash_of("c"))
        writing.credentials.add_feed_key(FeedKey("k-2", claire.id, f"/g/clos.atom?author={LOGIN}", NOW), hash_of("d"))
        writing.accounts.add_identity(Identity("https://exemple.fr", LOGIN, zephyrine.id, NOW))
        writing.accounts.begin_sign_in(hash_of("e"), SignIn("n", "v", "/", zephyrine.id, NOW))
        writing.invitations.ask(zephyrine.id, CLOSED.id, "Bonjour", NOW)
        writing.invitations.claim(zephyrine.id, paul.id, LECTURES.id, NOW)
        for number, more in enumerate(
            ({"user_id": zephyrine.id}, {"email": EMAIL}, {"made_by": zephyrine.id, "email": "autre@exemple.fr"})
        ):
            invitation = Invitation(f"i-{number}", Purpose.ACCOUNT, NOW, LATER, group_id=LECTURES.id, **more)
            writing.invitations.add(invitation, hash_of(f"f{number}"))
        writing.moderation.add_flag(Flag("f-1", LECTURES.id, "his", None, zephyrine.id, "À revoir", NOW))
        writing.moderation.add_flag(Flag("f-2", LECTURES.id, "hers", "h-1", claire.id, "À revoir", NOW))
        writing.moderation.put_aside(asides(zephyrine.id, paul.id))
        writing.moderation.log(Act(NOW, zephyrine.id, "joined", LECTURES.id, zephyrine.id))
        writing.moderation.log(Act(NOW, claire.id, "attributed", LECTURES.id, "x", NAME))
        writing.moderation.log(Act(NOW, claire.id, "declined", LECTURES.id, LOGIN, f"de {EMAIL}"))
        writing.letters.add(Letter("l-1", EMAIL, "Bonjour", "Un lien", NOW, NOW, 0))
        writing.letters.add(Letter("l-2", "a@exemple.fr", f"{NAME} vous invite", f"{NAME} ({LOGIN}) dit.", NOW, NOW, 0))


def asides(her: str, his: str) -> list[SetAside]:
    """What is in the bin: an item with words of hers, a comment of hers, a reply of hers."""
    mine = {"id": "x", "author_id": her, "body": "Ses mots dans la corbeille.", "quote": None}
    bodies = (
        {"item": {"id": "gone", "author_id": her, "annotations": [
            {**mine, "kind": "comment", "replies": [{"id": "y", "author_id": his, "body": "Sa réponse."}]},
            {**mine, "kind": "comment", "replies": []},
        ]}},
        {"siblings": [], "annotation": {**mine, "kind": "comment", "replies": []}},
        {"siblings": [], "parent": "z", "reply": mine},
    )  # fmt: skip
    return [
        SetAside(
            f"as-{n}", LECTURES.id, Aside.REMOVED, f"gone-{n}", None, "Un titre", json.dumps(body), her, None, NOW, None
        )
        for n, body in enumerate(bodies)
    ]  # fmt: skip


def zephyrine(library: Library) -> Actor:
    return as_(library, LOGIN)


def leave(library: Library, words: Words = Words.REMOVED, *, alone: bool = False) -> str:
    """Have her go; gives the id that she had."""
    actor = zephyrine(library)
    delete_account(library, actor, words, alone=alone, proof=PASSWORD)
    catch_up(library)
    while cleanse(library, 10.0):
        pass
    return actor.user_id or ""


def base_of(library: Library) -> Path:
    return Path(library.settings.store_url.removeprefix("sqlite:///"))


def traces(library: Library, *needles: str) -> list[str]:
    """Where the base or the files of the index still tell one of these."""
    data = library.settings.data
    found = []
    with closing(sqlite3.connect(base_of(library))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                found += [f"{table}: {row}" for value in row for needle in needles if needle in str(value)]
    for path in (data / "index").rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            found += [f"{path.name}: {needle}" for needle in needles if needle.encode() in held]
    return found


@pytest.mark.parametrize("words", Words)
@pytest.mark.parametrize("alone", [False, True])
def test_nothing_tells_any_more_who_has_gone(library: Library, words: Words, alone: bool) -> None:
    needles = (LOGIN, NAME, EMAIL, "Quillard", "quillard", zephyrine(library).user_id or "")
    assert len(traces(library, *needles)) > 30
    leave(library, words, alone=alone)
    assert traces(library, *needles) == []
    connection = sqlite3.connect(base_of(library))
    with closing(connection):
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with library.store.read() as reading:
        assert reading.moderation.acts()[0][1].act == "account-deleted"


def test_no_answer_names_who_has_gone(library: Library) -> None:
    leave(library, Words.KEPT)
    for actor in (ANONYMOUS, as_(library, "claire"), OPERATOR):
        results = find(library, actor, SearchRequest.from_params([("q", "passage")]))
        told = json.dumps([repr(results), repr(suggest(library, actor, "zeph"))])
        told += repr(contributors(library, actor, "lectures"))
        told += "".join(line_of(*row) for row in export_items(library, actor))
        assert LOGIN not in told
        assert "Quillard" not in told
    assert not find(library, ANONYMOUS, SearchRequest.from_params([("author", LOGIN)])).total
    assert not find(library, ANONYMOUS, SearchRequest.from_params([("q", f"auteur:{LOGIN}")])).total


def items_of(library: Library) -> dict[str, dict[str, object]]:
    return {row[0].id: json.loads(line_of(*row)) for row in export_items(library, OPERATOR)}


def words_of(record: dict[str, object]) -> list[tuple[object, ...]]:
    return [
        (one["id"], one["kind"], one["author"] and one["author"]["login"], one["quote"], one["body"],
         [(r["id"], r["author"] and r["author"]["login"]) for r in one["replies"]])
        for one in record["annotations"]  # type: ignore[attr-defined]
    ]  # fmt: skip


def test_words_that_are_kept_are_nobodys(library: Library) -> None:
    before = items_of(library)
    leave(library, Words.KEPT)
    after = items_of(library)
    assert after.keys() == before.keys() - {"own"}
    assert after["hers"]["author"] is None
    assert words_of(after["hers"]) == [("h-1", "highlight", None, "Un passage à elle.", None, [])]
    assert [one[:2] for one in words_of(after["shared"])] == [one[:2] for one in words_of(before["shared"])]
    assert words_of(after["shared"])[0][-1] == [("r-1", None), ("r-2", "paul")]
    assert after["his"]["author"] == {"login": "paul", "name": "Paul"}


def test_words_that_are_removed_leave_the_answers_of_others(library: Library) -> None:
    leave(library)
    after = items_of(library)
    assert words_of(after["hers"]) == []
    assert words_of(after["shared"]) == [
        ("h-2", "highlight", "paul", "Un passage de Paul.", None, [("r-2", "paul")]),
        ("n-1", "highlight", None, "Un passage noté.", None, [("r-3", "paul")]),
        ("c-1", "comment", None, None, "[…]", [("r-4", "claire")]),
    ]
    assert words_of(after["his"]) == []
    for word in ("Sa note", "Son commentaire", "Sa réponse.", "Elle se répond", "Un mot chez Paul"):
        assert [one for one in traces(library, word) if "set_aside" not in one] == []


def test_items_that_nobody_else_annotated_can_go_too(library: Library) -> None:
    leave(library, alone=True)
    assert items_of(library).keys() == {"shared", "his"}
    assert find(library, OPERATOR, SearchRequest.from_params([("q", "titre")])).total == 2
    with library.store.read() as reading:
        assert [flag.id for flag in reading.moderation.flags_of(LECTURES.id)] == ["f-1"]
        assert reading.moderation.flags_of(LECTURES.id)[0].user_id is None


def test_what_is_set_aside_is_nobodys_or_gone(library: Library) -> None:
    leave(library)
    with library.store.read() as reading:
        (one,) = reading.moderation.aside_of(LECTURES.id, Aside.REMOVED)
    item = json.loads(one.body)["item"]
    assert one.user_id is None
    assert item["author_id"] is None
    assert [(each["author_id"], each["body"]) for each in item["annotations"]] == [(None, "[…]")]
    assert item["annotations"][0]["replies"] == [{"id": "y", "author_id": "u-paul", "body": "Sa réponse."}]


def test_what_is_set_aside_keeps_its_words_where_they_are_kept(library: Library) -> None:
    leave(library, Words.KEPT)
    with library.store.read() as reading:
        aside = reading.moderation.aside_of(LECTURES.id, Aside.REMOVED)
    assert len(aside) == 3
    assert all("Ses mots" in one.body for one in aside)


def test_searches_and_keys_that_asked_for_them_alone_are_gone_and_others_stay(library: Library) -> None:
    leave(library)
    with library.store.read() as reading:
        kept = {one.id: one.request.to_params() for one in reading.saved_searches.of_groups([LECTURES.id])}
        claire = reading.users.by_login("claire")
        assert claire is not None
        assert reading.credentials.feed_keys_of(claire.id) == ()
    assert kept.keys() == {"s-2", "s-4", "s-5"}
    assert ("author", "paul") in kept["s-2"]


def test_letters_to_them_are_not_sent_and_others_do_not_name_them(library: Library) -> None:
    leave(library)
    with library.store.read() as reading:
        (letter,) = reading.letters.due(LATER)
    assert (letter.subject, letter.body) == ("[…] vous invite", "[…] ([…]) dit.")


def test_what_it_would_do_is_told_before(library: Library) -> None:
    told = leaving_of(library, zephyrine(library))
    assert (told.own_items, told.shared, told.alone, told.words) == (1, 2, 1, 7)
    assert [group.slug for group in told.groups] == ["clos", "lectures"]
    assert (told.orphans, told.stuck, told.last) == ((), (), False)


def test_the_last_administrator_stays(library: Library) -> None:
    claire = replace(as_(library, "claire"), administrator=True)
    give_up(library, "claire", Role.MEMBER)
    assert leaving_of(library, claire).last
    with pytest.raises(Conflict, match="administrator"):
        delete_account(library, claire, Words.KEPT, alone=False, proof=PASSWORD)
    with pytest.raises(Conflict, match="administrator"):
        forget_person(library, OPERATOR, "claire", Words.KEPT)


def give_up(library: Library, login: str, role: Role, groups: tuple[Group, ...] = (LECTURES, CLOSED)) -> None:
    with library.store.write() as writing:
        user = writing.users.by_login(login)
        assert user is not None
        for group in groups:
            writing.groups.set_role(user.id, group.id, role)


def test_who_owns_a_group_alone_hands_it_over_first(library: Library) -> None:
    give_up(library, LOGIN, Role.OWNER, (LECTURES,))
    give_up(library, "claire", Role.MEMBER, (LECTURES,))
    actor = zephyrine(library)
    assert [group.slug for group in leaving_of(library, actor).stuck] == ["lectures"]
    with pytest.raises(Conflict, match="Lectures"):
        delete_account(library, actor, Words.KEPT, alone=False, proof=PASSWORD)
    assert traces(library, LOGIN)
    give_up(library, "claire", Role.OWNER, (LECTURES,))
    close_account(library, OPERATOR, LOGIN, closed=False)
    leave(library)


def test_a_second_owner_whose_account_is_closed_is_none(library: Library) -> None:
    give_up(library, LOGIN, Role.OWNER, (LECTURES,))
    an_account(library, "luc", administrator=True)
    give_up(library, "claire", Role.MEMBER, (LECTURES,))
    give_up(library, "luc", Role.OWNER, (LECTURES,))
    close_account(library, OPERATOR, "luc", closed=True)
    assert leaving_of(library, zephyrine(library)).stuck


def test_a_group_of_nobody_else_is_left_to_the_administrators(library: Library) -> None:
    alone = a_group("seule")
    with library.store.write() as writing:
        writing.groups.add(alone)
        writing.groups.set_role(zephyrine(library).user_id or "", alone.id, Role.OWNER)
    assert [group.slug for group in leaving_of(library, zephyrine(library)).orphans] == ["seule"]
    leave(library)
    with library.store.read() as reading:
        assert reading.groups.by_slug("seule") is not None


def test_a_wrong_password_deletes_nothing_and_is_not_tried_for_ever(library: Library) -> None:
    actor = zephyrine(library)
    for _ in range(5):
        with pytest.raises(Refused):
            delete_account(library, actor, Words.KEPT, alone=False, proof="une phrase tout autre")
    with pytest.raises(TooOften):
        delete_account(library, actor, Words.KEPT, alone=False, proof=PASSWORD)
    assert traces(library, LOGIN)


def test_who_has_no_password_types_the_login(library: Library) -> None:
    actor = zephyrine(library)
    with library.store.write() as writing:
        writing.accounts.set_password(actor.user_id or "", None)
    with pytest.raises(Refused):
        delete_account(library, actor, Words.KEPT, alone=False, proof="claire")
    delete_account(library, actor, Words.KEPT, alone=False, proof=f" {LOGIN} ")
    assert not leave_nothing(library)


def leave_nothing(library: Library) -> list[str]:
    catch_up(library)
    while cleanse(library, 10.0):
        pass
    return traces(library, LOGIN)


def test_only_a_person_deletes_their_account_and_only_an_administrator_forgets_another(library: Library) -> None:
    with pytest.raises(SignInNeeded):
        leaving_of(library, ANONYMOUS)
    with pytest.raises(Refused):
        leaving_of(library, replace(zephyrine(library), read_only=True))
    for actor in (zephyrine(library), as_(library, "claire")):
        with pytest.raises(Refused):
            forget_person(library, actor, "paul", Words.KEPT)
    with pytest.raises(NotFound):
        forget_person(library, OPERATOR, "personne", Words.KEPT)


def test_a_file_does_not_bring_back_who_was_forgotten(library: Library) -> None:
    lines = [line_of(*row) for row in export_items(library, OPERATOR, "lectures")]
    file = "".join(lines).encode()
    leave(library)
    after = items_of(library)
    for _ in range(2):
        report = import_items(library, OPERATOR, read([file]), ImportOptions(author_map={"claire": "claire"}))
        assert (report.updated, report.added, report.skipped) == (0, 0, 0)
        assert any("forgotten" in one.why for one in report.warnings)
    assert items_of(library) == after
    assert leave_nothing(library) == []


def test_a_file_names_an_imported_author_otherwise_and_they_stay_forgotten(library: Library) -> None:
    bring = '{"id": "%s", "title": "Un %s", "group": "lectures", "author": %s, "annotations": [%s]}'
    comment = '{"body": "Un mot.", "author": "Odilon Vachon", "replies": [{"body": "Réponse.", "author": "paul"}]}'
    first = bring % ("o1", "un", '"Odilon Vachon"', comment)
    import_items(library, OPERATOR, read([first.encode()]))
    forget_person(library, OPERATOR, "odilon-vachon", Words.REMOVED)
    for number, author in enumerate(
        ('"ODILON VACHON"', '{"login": "odilon-vachon"}', '{"login": "ov", "name": "Odilon Vachon"}')
    ):
        import_items(library, OPERATOR, read([(bring % (f"p{number}", f"p{number}", author, comment)).encode()]))
    assert traces(library, "odilon", "Vachon", "VACHON") == []
    held = items_of(library)
    for one in ("o1", "p0", "p1", "p2"):
        assert held[one]["author"] is None
        assert [word[4] for word in words_of(held[one])] == ["[…]"]
        assert words_of(held[one])[0][5][0][1] == "paul"
    told = '{"id": "q", "title": "Q", "group": "lectures", "author": "Odile Vachon"}'
    import_items(library, OPERATOR, read([told.encode()]))
    assert items_of(library)["q"]["author"] == {"login": "odile-vachon", "name": "Odile Vachon"}


def test_the_login_can_be_taken_again_by_an_account(library: Library) -> None:
    leave(library)
    an_account(library, LOGIN)
    line = json.dumps({"id": "q", "title": "Q", "group": "lectures", "author": LOGIN})
    import_items(library, OPERATOR, read([line.encode()]))
    assert items_of(library)["q"]["author"] is None


def test_the_kept_hashes_are_keyed(library: Library) -> None:
    leave(library)
    with closing(sqlite3.connect(base_of(library))) as connection:
        hashes = {row[0] for row in connection.execute("SELECT hash FROM forgotten")}
    assert len(hashes) == 2
    assert hash_of(LOGIN) not in hashes
