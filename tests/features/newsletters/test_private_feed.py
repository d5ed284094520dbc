"""The feed of a newsletter of a closed group: for its readers, by a session or by a key."""

import re

from kb.access.actor import OPERATOR
from kb.features.newsletters.sending import send_due_issues
from kb.model.people.group import Visibility
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import remove_member
from tests.features.newsletters.conftest import Editors
from tests.support.browser_sessions import send

ARCHIVE = "/g/eau/letters/crues/"
FEED = "/g/eau/letters/crues.atom"


def close_group(editors: Editors, *, feeds: bool = True) -> None:
    settings = GroupSettings("Eau", visible=Visibility.MEMBERS, feeds=feeds)
    change_group(editors.library, OPERATOR, "eau", settings)


def test_a_reader_of_a_closed_group_makes_a_key_for_the_feed(editors: Editors) -> None:
    editors.scheduled("crue")
    send_due_issues(editors.library)
    close_group(editors)
    zoe, reader = editors.browser("zoe"), editors.browser("")
    page = zoe.get(ARCHIVE).text
    assert "Flux privé" in page
    assert "application/atom+xml" not in page
    answer = send(zoe, ARCHIVE, act="feed")
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"http://127\.0\.0\.1:8000(/g/eau/letters/crues\.atom\?key=[\w-]+)", answer.text)
    assert found is not None
    feed = reader.get(found[1])
    assert "<title>Les crues de mai</title>" in feed.text
    assert found[1] in feed.text
    assert feed.headers["cache-control"] == "private, no-cache"
    assert (feed.headers["referrer-policy"], feed.headers["x-robots-tag"]) == ("no-referrer", "noindex")
    for wrong in (FEED, f"{FEED}?key=rien", found[1].replace("crues.atom", "autre.atom"), f"{found[1]}&key=rien"):
        assert reader.get(wrong).status_code == 404
    assert reader.get(found[1].replace(".atom", "/")).status_code == 404
    assert "letters/crues.atom" in zoe.get("/account/feeds").text
    remove_member(editors.library, OPERATOR, "eau", "zoe")
    assert reader.get(found[1], headers={"If-None-Match": feed.headers["etag"]}).status_code == 404


def test_a_public_newsletter_and_a_group_without_feeds_have_no_private_feed(editors: Editors) -> None:
    assert "Flux privé" not in editors.browser("zoe").get(ARCHIVE).text
    close_group(editors, feeds=False)
    zoe = editors.browser("zoe")
    assert "Flux privé" not in zoe.get(ARCHIVE).text
    assert send(zoe, ARCHIVE, act="feed").status_code == 409
    assert editors.browser("nora").get(ARCHIVE).status_code == 404
