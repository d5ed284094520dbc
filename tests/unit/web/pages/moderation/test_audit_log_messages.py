"""Each event of the audit log has a message in both languages, for every kind of user."""

from itertools import product

import pytest

from kb.model.items.moderation import AuditLogEntry
from kb.services.core.audit_log import AuditEvent
from kb.translation import LANGUAGES, Translator
from kb.web.pages.moderation.audit_log_messages import audit_log_message
from tests.factories.items import a_group, a_user

FRENCH, ENGLISH = Translator("fr"), Translator("en")
CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul", "Paul Roy")
PEOPLE = {user.id: user for user in (CLAIRE, PAUL)}
AT = "2026-11-25T10:00:00.000000Z"


def log_entry(
    event: str, user: str | None = CLAIRE.id, subject: str | None = PAUL.id, detail: str | None = None
) -> AuditLogEntry:
    return AuditLogEntry(AT, user, event, "g-physique", subject, detail)


@pytest.mark.parametrize("event", AuditEvent)
def test_each_word_is_a_sentence(event: AuditEvent) -> None:
    users, details = (CLAIRE.id, PAUL.id, None, "", "u-parti"), (None, "comment Un titre", "member", "x@exemple.fr")
    for user, subject, detail in product(users, (*users, "i-1"), details):
        for language in LANGUAGES:
            sentence = audit_log_message(log_entry(event, user, subject, detail), PEOPLE, None, Translator(language))
            assert sentence.endswith(".")
            assert "%(" not in sentence
            assert "version" not in sentence
            assert "u-parti" not in sentence


def test_a_user_the_site_and_a_deleted_user_have_different_messages() -> None:
    sentences = [
        audit_log_message(log_entry("hidden", user_id, "i1", "item Un titre"), PEOPLE, None, FRENCH)
        for user_id in (CLAIRE.id, None, "")
    ]
    assert sentences == [
        "Claire Aubert a masqué le signet «\u202fUn titre\u202f».",
        "Le site a masqué le signet «\u202fUn titre\u202f».",
        "Un ancien membre a masqué le signet «\u202fUn titre\u202f».",
    ]
    assert audit_log_message(log_entry("role-set", CLAIRE.id, "", "owner"), PEOPLE, None, FRENCH) == (
        "Claire Aubert a changé un rôle (un ancien membre)\u202f: responsable."
    )


def test_an_action_of_a_user_on_their_own_account_has_its_own_message() -> None:
    assert audit_log_message(log_entry("joined", PAUL.id), PEOPLE, None, ENGLISH) == "Paul Roy joined the group."
    assert audit_log_message(log_entry("joined"), PEOPLE, None, ENGLISH) == "Paul Roy joined the group."
    assert audit_log_message(log_entry("token-made", PAUL.id, detail="Zotero"), PEOPLE, None, ENGLISH) == (
        "Paul Roy made a token for a program."
    )
    assert (
        audit_log_message(log_entry("token-made", None), PEOPLE, None, ENGLISH) == "The site made a token for Paul Roy."
    )


def test_the_log_names_the_invited_person() -> None:
    for subject, detail, whom in (
        (PAUL.id, None, "Paul Roy"),
        (None, "x@exemple.fr", "x@exemple.fr"),
        (None, None, "a person, by a link"),
    ):
        assert audit_log_message(log_entry("invited", CLAIRE.id, subject, detail), PEOPLE, None, ENGLISH) == (
            f"Claire Aubert invited {whom}."
        )


def test_content_of_an_unreadable_group_is_not_named() -> None:
    line = log_entry("removed", CLAIRE.id, "a1", "comment Mon secret")
    group = a_group()
    assert "Mon secret" in audit_log_message(line, PEOPLE, {group.id: group}, FRENCH)
    assert audit_log_message(line, PEOPLE, {}, FRENCH) == "Claire Aubert a supprimé un commentaire."
    assert audit_log_message(log_entry("search-saved", detail="Mon secret"), PEOPLE, {}, FRENCH) == (
        "Claire Aubert a enregistré une recherche."
    )


def test_an_event_of_another_version_is_shown_too() -> None:
    assert audit_log_message(log_entry("danced"), PEOPLE, None, ENGLISH).startswith("Claire Aubert did something")


def test_names_of_users_and_items_cannot_break_a_sentence() -> None:
    people = {"u": a_user("u", "%(whom)s 100% <b>")}
    sentence = audit_log_message(log_entry("hidden", "u", "i", "item %(who)s %s"), people, None, FRENCH)
    assert sentence == "%(whom)s 100% <b> a masqué le signet «\u202f%(who)s %s\u202f»."


def test_a_title_cannot_turn_the_words_about_it() -> None:
    line = log_entry("hidden", CLAIRE.id, "i", "item Un \u202etitre\u2066")
    assert audit_log_message(line, PEOPLE, None, ENGLISH) == "Claire Aubert hid the item “Un titre”."
