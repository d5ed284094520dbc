"""The logo of a newsletter: a part of its messages, so that nothing is fetched, and an image of its archive."""

import re
from io import BytesIO

import pytest
from PIL import Image
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.newsletters.newsletters import remove_newsletter
from kb.features.newsletters.records.newsletter_records import NewslettersReading
from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import add_addresses
from kb.model.people.group import Visibility
from kb.services.groups.group_settings import GroupSettings, change_group
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.browser_sessions import send, token_of
from tests.support.mail_parsers import read_mail

ARCHIVE = "/g/eau/letters/crues/"
MANAGE = f"{ARCHIVE}manage"


def an_image(form: str = "PNG", size: tuple[int, int] = (600, 200)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, "#0e5c4a").save(stream, form)
    return stream.getvalue()


def send_logo(browser: TestClient, content: bytes) -> int:
    fields = {"form_token": token_of(browser, MANAGE), "act": "logo"}
    files = {"logo": ("logo.png", content, "image/png")}
    return browser.post(MANAGE, data=fields, files=files, follow_redirects=False).status_code


def image_of(page: str) -> str:
    found = re.search(r'<img class="letter-logo" src="([^"]+)" alt="Logo de «\u202fLa lettre des crues\u202f»"', page)
    assert found is not None
    return found[1]


def test_a_logo_is_a_part_of_each_message_and_in_the_archive(editors: Editors) -> None:
    claire = editors.browser("claire")
    assert send_logo(claire, an_image("JPEG")) == 303
    add_addresses(editors.library, editors.actor("claire"), LETTER, "lea@exemple.org", vouches=True)
    issue = editors.scheduled("crue")
    preview = claire.get(f"{ARCHIVE}drafts/{issue.id}/preview")
    assert 'src="data:image/png;base64,' in preview.text
    assert "img-src data:" in preview.headers["content-security-policy"]
    send_due_issues(editors.library)
    editors.deliver()

    image = claire.get(image_of(claire.get(ARCHIVE).text))
    assert (image.headers["content-type"], image.content[:4]) == ("image/png", b"\x89PNG")
    assert image_of(claire.get(f"{ARCHIVE}1").text)
    (message,) = editors.office.taken
    for mail in read_mail([bytes(message.content)]):
        (picture,) = mail["attachments"]
        assert (picture["type"], picture["size"]) == ("image/png", len(image.content))
        assert len(mail["html"].encode()) < 100_000
        shown = re.findall(r"<img[^>]*>", mail["html"])
        assert len(shown) == 1
        is_inlined = "data:image/png;base64," in shown[0]
        assert is_inlined or f"cid:{picture['cid']}" in shown[0]
        assert 'alt="Logo de «\u202fLa lettre des crues\u202f»"' in shown[0]
        assert "http" not in shown[0]
        assert "La crue de mai" in mail["text"]


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"x" * 500_001])
def test_what_is_no_small_image_is_refused(editors: Editors, content: bytes) -> None:
    claire = editors.browser("claire")
    assert send_logo(claire, content) == 400
    assert "letter-logo" not in claire.get(ARCHIVE).text
    assert claire.get(f"{ARCHIVE}logo.png").status_code == 404


def test_the_readers_of_the_group_see_the_logo_and_its_makers_remove_it(editors: Editors) -> None:
    claire, zoe, nobody = (editors.browser(login) for login in ("claire", "zoe", ""))
    assert send_logo(claire, an_image()) == 303
    assert nobody.get(f"{ARCHIVE}logo.png").status_code == 200
    change_group(editors.library, OPERATOR, "eau", GroupSettings("Eau", visible=Visibility.MEMBERS))
    assert nobody.get(f"{ARCHIVE}logo.png").status_code == 404
    assert zoe.get(f"{ARCHIVE}logo.png").status_code == 200
    assert send(claire, MANAGE, act="no-logo").status_code == 303
    assert zoe.get(f"{ARCHIVE}logo.png").status_code == 404


def test_a_deleted_newsletter_leaves_no_logo(editors: Editors) -> None:
    assert send_logo(editors.browser("claire"), an_image()) == 303
    with editors.library.store.read() as reading:
        newsletter = NewslettersReading(reading.connection).of_group(reading.groups.by_slug("eau").id)[0]  # type: ignore[union-attr]
        assert NewslettersReading(reading.connection).logo_png(newsletter.id)
    remove_newsletter(editors.library, editors.actor("claire"), LETTER)
    with editors.library.store.read() as reading:
        assert NewslettersReading(reading.connection).logo_png(newsletter.id) == b""
