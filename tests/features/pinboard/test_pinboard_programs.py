"""The library `pinboard` from PyPI, and miniflux, save and read here as they do with Pinboard."""

from xml.etree import ElementTree as ET

import httpx2

from tests.functional.clients.conftest import Server

PINBOARD = '''
import datetime, sys, time
import pinboard, pinboard.pinboard
from pinboard import PinboardError

def wait_for_tags(counts):
    """An answer waits a second for the index, which takes longer on a busy machine."""
    end = time.monotonic() + 30
    while (found := {tag.name: tag.count for tag in mine.tags.get()}) != counts:
        assert time.monotonic() < end, found
        time.sleep(0.1)


address, token, reading = sys.argv[1:]
pinboard.pinboard.PINBOARD_API_ENDPOINT = address + "/pinboard/v1/"
mine = pinboard.Pinboard(token)
before = mine.posts.update()
# Times of Pinboard have whole seconds.
time.sleep(1)
assert mine.posts.add(url="https://exemple.fr/rives", description="Les rives", extended="Un dossier.",
                      tags=["eau", "eau-douce"], toread=True) is True
assert mine.posts.update() > before
try:
    mine.posts.add(url="http://www.exemple.fr/rives/", description="Autre", replace=False)
    raise SystemExit("replaced")
except PinboardError as error:
    assert str(error) == "item already exists", error
got = mine.posts.get(url="https://exemple.fr/rives")
(post,) = got["posts"]
assert (post.description, post.extended, post.tags, post.toread, post.shared) == (
    "Les rives", "Un dossier.", ["eau", "eau-douce"], True, False)
post.description, post.tags, post.toread = "Les rives du Rhône", ["eau"], False
assert post.save() is True
for number in range(3):
    assert mine.posts.add(url=f"https://exemple.fr/rive/{number}", description=f"Rive {number}", tags=["suite"])
recent = mine.posts.recent(count=2)
assert [one.description for one in recent["posts"]] == ["Rive 2", "Rive 1"], recent
assert isinstance(recent["date"], str) or recent["date"]
every = mine.posts.all()
assert [one.description for one in every][-1] == "Les rives du Rhône", every
assert every[-1].tags == ["eau"] and not every[-1].toread
assert len(mine.posts.all(results=2, start=1)) == 2
assert len(mine.posts.all(tag=["suite"])) == 3
now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
assert len(mine.posts.all(fromdt=(now - datetime.timedelta(days=1)).isoformat() + "Z")) == 4
assert mine.posts.all(todt=(now - datetime.timedelta(days=1)).isoformat() + "Z") == []
assert sum(mine.posts.dates()["dates"].values()) == 4
assert sum(mine.posts.dates(tag="suite")["dates"].values()) == 3
wait_for_tags({"eau": 1, "suite": 3})
assert mine.tags.rename(old="suite", new="fleuve") == {"result": "done"}
assert mine.tags.delete(tag="eau") == {"result": "done"}
wait_for_tags({"fleuve": 3})
assert mine.posts.suggest(url="https://exemple.fr/rive/1")[1]["recommended"] is not None
assert mine.notes.list() == {"count": 0, "notes": []}
assert mine.user.api_token()["result"] == token.partition(":")[2]
assert mine.posts.delete(url="https://exemple.fr/rive/0") is True
try:
    mine.posts.delete(url="https://exemple.fr/rive/0")
    raise SystemExit("deleted twice")
except PinboardError as error:
    assert str(error) == "item not found", error
reader = pinboard.Pinboard(reading)
assert len(reader.posts.all()) == 3
for wrong, status in ((reading, 403), ("claire:rien", 401), ("paul:" + token.partition(":")[2], 401)):
    try:
        pinboard.Pinboard(wrong).posts.add(url="https://exemple.fr/lu", description="Lu")
        raise SystemExit("written")
    except (pinboard.PinboardForbiddenError, pinboard.PinboardAuthenticationError) as error:
        assert error.code == status, error
print("done")
'''


def test_the_library_pinboard_saves_finds_changes_and_removes(served: Server) -> None:
    tokens = (f"claire:{served.tokens[f'claire {scope}']}" for scope in ("write", "read"))
    assert served.run("python", "-c", PINBOARD, served.address, *tokens).strip() == "done"


def test_the_requests_of_miniflux_save_an_entry_without_overriding_anything(served: Server) -> None:
    """The requests that `internal/integration/pinboard/pinboard.go` of miniflux 2.2.6 sends: it first requests the
    post.
    """
    place = f"{served.address}/pinboard/lectures/v1/posts"
    token = {"auth_token": f"paul:{served.tokens['paul write']}"}
    url = {"url": "https://exemple.fr/entree-de-fil"}
    before = ET.fromstring(httpx2.get(f"{place}/get", params={**token, **url}).content)
    assert (before.tag, len(before)) == ("posts", 0)
    entry = {"description": "Une entrée", "tags": " miniflux", "toread": "no", "dt": "2026-11-27T09:00:00Z"}
    added = httpx2.get(f"{place}/add", params={**token, **url, **entry, "extended": ""})
    assert (added.status_code, ET.fromstring(added.content).attrib) == (200, {"code": "done"})
    after = ET.fromstring(httpx2.get(f"{place}/get", params={**token, **url}).content)
    (post,) = after
    assert (
        post.attrib.items()
        >= {"href": url["url"], "description": "Une entrée", "tag": "miniflux", "toread": "no"}.items()
    )
    assert post.attrib["shared"] == "yes"
    assert post.attrib["time"].endswith("Z")


def test_every_answer_is_xml_unless_json_is_asked_for(served: Server) -> None:
    token = {"auth_token": f"claire:{served.tokens['claire write']}"}
    for path in (
        "posts/update posts/get posts/recent posts/all posts/dates posts/suggest tags/get user/api_token notes/list "
        "user/secret posts/add posts/delete tags/delete"
    ).split():
        answer = httpx2.get(f"{served.address}/pinboard/v1/{path}", params=token)
        assert answer.headers["content-type"].startswith("text/xml"), path
        ET.fromstring(answer.content)
        answer = httpx2.get(f"{served.address}/pinboard/v1/{path}", params={**token, "format": "json"})
        assert answer.headers["content-type"] == "application/json", path
        answer.json()
