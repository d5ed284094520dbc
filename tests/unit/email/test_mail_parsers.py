"""Messages as parsers of others read them: what users typed arrives as they typed it, and adds no field."""

from dataclasses import replace

import pytest

from kb.email.smtp import OutgoingMessage, send_email
from tests.support.mail_parsers import read_mail
from tests.support.mail_server import a_post_office

SENDER = '"Léa \\"la rapide\\" Dupont, Mme" <lettres@exemple.fr>'
LETTER = OutgoingMessage(
    "0198c5d2", SENDER, "marie@exemple.org", "Les crues", "Bonjour,\n", "2026-01-02T03:04:05.000000Z",
    "<p>Bonjour,</p>", "https://exemple.fr/letters/stop/" + "k" * 100, "crues.eau.letters.exemple.fr",
)  # fmt: skip
SUBJECTS = (
    "Les crues",
    "Œuvres, « guillemets » et l’apostrophe : ça va\xa0?",
    "Une été à la mer. " * 8 + "Fin",
    "Plain ASCII words that are long enough to be folded over several lines of the header, one after the other",
    "x" * 150,
    "é" * 150,
    "🌊 crue " * 18 + "🌊",
    "👩‍👩‍👧‍👦" * 20,
    "e\u0301" * 75,
    "\u202eabc\u202c مرحبا بالعالم",
    "=?utf-8?q?a=0D=0ABcc:_max@exemple.fr?=",
    "L’=?utf-8?q?caf=C3=A9?= du =?utf-8?b?w6k=?=",
    "Re: =?=?=?utf-8?q??=",
    'a, "b" <c@exemple.fr>; \\ (d)',
    "Bcc: max@exemple.fr",
    "a  b   c",
    "=",
)
TEXTS = (
    "y" * 998 + "\n" + "é" * 998 + "\nFin\n",
    "y" * 20_000 + "\n",
    ".\n..\n.a\nFrom là\n-- \nFin\n",
    "--=_\n--===============1==\nContent-Type: text/html\n\n<script>alert(1)</script>\n",
    "🌊\u202e مرحبا \u202c\n=?utf-8?q?a?= =3D =\n",
    "Une fin sans saut de ligne =",
)


def sent(letters: list[OutgoingMessage]) -> list[bytes]:
    """The messages as they arrive."""
    with a_post_office() as office:
        for letter in letters:
            send_email(office.url, letter)
    return [bytes(envelope.content) for envelope in office.taken]


def test_subjects_arrive_as_they_were_typed_and_add_no_field() -> None:
    messages = sent([replace(LETTER, subject=subject) for subject in SUBJECTS])
    read = read_mail(messages)
    assert [mail["subject"] for mail in read] == [subject for subject in SUBJECTS for _ in range(2)]
    assert len({tuple(mail["fields"]) for mail in read}) == 1
    assert len(set(read[0]["fields"])) == len(read[0]["fields"])
    lines = [line for message in messages for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    assert max(len(line) for line in lines if not line.startswith(b"List-Unsubscribe")) <= 78


def test_header_fields_say_what_a_mail_program_needs() -> None:
    for mail in read_mail(sent([LETTER])):
        assert mail["from"] == [{"name": 'Léa "la rapide" Dupont, Mme', "address": "lettres@exemple.fr"}]
        assert mail["to"] == [{"name": "", "address": "marie@exemple.org"}]
        assert mail["messageId"] == "<0198c5d2@exemple.fr>"
        assert mail["date"] == "2026-01-02T03:04:05.000Z"
        assert mail["listId"] == LETTER.list_id
        assert mail["unsubscribe"] == LETTER.unsubscribe_url
        assert mail["unsubscribePost"] == "List-Unsubscribe=One-Click"
        assert mail["attachments"] == []


@pytest.mark.parametrize("address", ['"marie dupont"@exemple.org', "marie+lettres@exemple.org", "m.d'o@exemple.org"])
def test_an_address_with_quotes_or_signs_arrives(address: str) -> None:
    for mail in read_mail(sent([replace(LETTER, recipient=address)])):
        assert [one["address"].replace('"', "") for one in mail["to"]] == [address.replace('"', "")]


def test_both_parts_arrive_as_they_were_written() -> None:
    messages = sent([replace(LETTER, body=text, html=f"<pre>{text}</pre>") for text in TEXTS])
    assert max(len(line) for message in messages for line in message.splitlines()) <= 998
    for number, mail in enumerate(read_mail(messages)):
        text = TEXTS[number // 2]
        assert mail["text"].replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
        assert mail["html"].replace("\r\n", "\n").rstrip("\n") == f"<pre>{text}</pre>"
        assert mail["attachments"] == []
