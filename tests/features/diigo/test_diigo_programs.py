"""pydiigo, and scripts from Diigo's documentation, save and read here."""

import re

import httpx2

from tests.functional.clients.conftest import Server

# pydiigo has Diigo's address in its code: here its connections go to the group's address on our server.
PYDIIGO = """
import sys
from http.client import HTTPConnection
import pydiigo

address, login, token, reading = sys.argv[1:]


class Connection(HTTPConnection):
    def __init__(self, server):
        super().__init__(address.removeprefix("http://"))

    def request(self, method, url, body=None, headers=None):
        super().request(method, "/diigo/lectures" + url, body, headers or {})


pydiigo.client.HTTPSConnection = Connection
api = pydiigo.DiigoApi(user=login, password=token, apikey="une-clef")
url = "https://exemple.fr/ponts"
assert api.bookmark_add(title="Les ponts", description="Un dossier. 日本語", url=url, tags="ponts,eau douce") == {
    "message": "added 1 bookmark"}
assert api.bookmark_add(title="Autre", url=url, tags="route") == {"message": "added 1 bookmark"}
# A search waits for the index for a second at most: a busy machine may take longer.
(found,) = next(filter(None, (api.bookmarks_find(users=login, rows=5) for _ in range(60))))
assert found.title == "Les ponts" and found.desc == "Un dossier. 日本語" and found.user == login, found
assert found.url == url and found.tags == "ponts,eau douce,route" and found.shared == "yes", found
assert found.comments == [] and found.annotations == []
assert len(api.bookmarks_find(users=login, tags="ponts,eau douce")) == 1
assert api.bookmarks_find(users=login, tags="ponts,absent") == []
assert api.bookmark_delete(url=url) == {"message": "updated 1 bookmark"}
assert api.bookmarks_find(users=login) == []
for user, password, status in ((login, "rien", 401), ("claire", token, 401), (login, reading, 403)):
    try:
        pydiigo.DiigoApi(user=user, password=password, apikey="x").bookmark_add(url=url)
        raise SystemExit("added")
    except pydiigo.PyDiigoError as error:
        assert error.status == status, error
print("done")
"""


def test_pydiigo_saves_finds_and_removes_in_a_group(served: Server) -> None:
    tokens = (served.tokens[f"paul {scope}"] for scope in ("write", "read"))
    assert served.run("python", "-c", PYDIIGO, served.address, "paul", *tokens).strip() == "done"


def test_a_script_of_diigos_documentation_works(served: Server) -> None:
    place, credentials = f"{served.address}/diigo/api/v2/bookmarks", ("claire", served.tokens["claire write"])
    sent = {"key": "une-clef", "title": "Les quais", "url": "https://exemple.fr/quais", "tags": "quais",
            "desc": "Un", "shared": "no", "readLater": "yes"}  # fmt: skip
    assert httpx2.post(place, auth=credentials, data=sent).json() == {"message": "added 1 bookmark"}
    more = {"url": sent["url"], "title": "Quais", "desc": "Deux", "tags": "eau"}
    httpx2.post(place, auth=credentials, data={**more, "merge": "yes"})
    parameters = {"key": "une-clef", "user": "claire", "filter": "all", "start": 0, "count": 10, "sort": 1}
    (bookmark,) = httpx2.get(place, auth=credentials, params=parameters).json()
    assert (bookmark["title"], bookmark["desc"], bookmark["tags"]) == ("Les quais", "Un", "quais,eau")
    assert (bookmark["shared"], bookmark["readlater"]) == ("no", "yes")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \+0000", bookmark["created_at"])
    # As `curl -d` sends it: characters outside ASCII are not encoded.
    form = {"content-type": "application/x-www-form-urlencoded"}
    raw = "url=https://exemple.fr/quais&title=Été à Sète&tags=eau&merge=no".encode()
    assert httpx2.post(place, auth=credentials, content=raw, headers=form).status_code == 200
    assert [bookmark["title"] for bookmark in httpx2.get(place, auth=credentials, params=parameters).json()] == [
        "Été à Sète"
    ]
    assert httpx2.post(place, auth=credentials, content=raw.decode().encode("cp1252"), headers=form).status_code == 400
    httpx2.post(place, auth=credentials, data={**more, "merge": "no"})
    (bookmark,) = httpx2.get(place, auth=credentials, params=parameters).json()
    assert (bookmark["title"], bookmark["desc"], bookmark["tags"]) == ("Quais", "Deux", "eau")
    # Items of a personal library are not public.
    assert httpx2.get(place, auth=credentials, params={**parameters, "filter": "public"}).json() == []
    for wrong in ({"sort": 9}, {"count": 0}, {"count": 101}, {"start": "x"}, {"list": "l"}):
        answer = httpx2.get(place, auth=credentials, params={**parameters, **wrong})
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), wrong
    assert httpx2.get(place).headers["www-authenticate"].startswith("Basic")
    assert httpx2.delete(place, auth=credentials, params={"url": sent["url"], "title": "Quais"}).status_code == 200
    assert httpx2.delete(place, auth=credentials, params={"url": sent["url"], "title": "Quais"}).status_code == 404
