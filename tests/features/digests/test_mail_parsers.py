"""A digest with hostile texts, as parsers of others read its message."""

from html import unescape

from tests.features.digests.conftest import SITE, Mailing
from tests.support.mail_parsers import read_mail

TITLE = "=?utf-8?q?a=0D=0ABcc:_max@exemple.fr?= <b>vague</b> 🌊 \u202eabc\u202c مرحبا"
QUOTE = "From là, une vague, " + "y" * 998 + " « fin »"


def test_hostile_texts_of_a_digest_arrive_as_they_were_typed(mailing: Mailing) -> None:
    mailing.follow("q=vague", title="=?utf-8?b?QmNjOiBtYXg=?= " + "é" * 60)
    mailing.save(TITLE, QUOTE)
    mailing.pass_time(days=1)
    mailing.send()
    address = f"{SITE}/subscription/{mailing.reader().key}"
    for mail in read_mail([bytes(mailing.office.taken[-1].content)]):
        assert mail["subject"].startswith("[Florilège] 1 nouveau signet")
        assert [one["address"] for one in mail["to"]] == ["zoe@exemple.fr"]
        assert not {"bcc", "cc"} & set(mail["fields"])
        assert (mail["listId"], mail["unsubscribe"]) == ("digest.florilege.exemple.fr", f"{address}/stop")
        assert mail["unsubscribePost"] == "List-Unsubscribe=One-Click"
        assert mail["attachments"] == []
        assert "&lt;b&gt;" in mail["html"]
        for part in (mail["text"], unescape(mail["html"])):
            words = " ".join(part.split())
            assert "=?utf-8?q?a=0D=0ABcc:_max@exemple.fr?=" in words
            assert "=?utf-8?b?QmNjOiBtYXg=?=" in words
            assert "From là, une" in words
            assert address in words
