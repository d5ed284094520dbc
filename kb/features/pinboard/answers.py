"""Answers of Pinboard's API, as XML or, with `format=json`, as JSON."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from itertools import islice
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from kb.feeds.xml_writing import xml_document
from kb.model.dates import stored_instant
from kb.model.storable_text import xml_safe_text
from kb.services.clients.listings import ItemWindow
from kb.services.clients.tag_names import one_word_tag
from kb.services.items.items import ItemView
from kb.services.items.reading_list import reading_list_entries
from kb.web.clients.answer_size import json_array
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedAnswer

DONE, NOT_FOUND, EXISTS, MISSING_URL = "done", "item not found", "item already exists", "missing url"
"""Codes of results, which programs compare."""
_EPOCH = "1970-01-01T00:00:00Z"
_YES_NO = {True: "yes", False: "no"}
XML_TYPE = "text/xml; charset=utf-8"
_PORTION = 500
"""Tags that are written at a time."""


@dataclass(frozen=True, slots=True)
class Post:
    """A bookmark of Pinboard: `description` is its title, `extended` its description, `tags` are single words."""

    href: str
    description: str
    extended: str
    meta: str
    hash: str
    time: str
    shared: str
    toread: str
    tags: str

    def as_json(self) -> dict[str, str]:
        """The members in JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    def as_xml(self) -> bytes:
        """The element of XML, whose attribute of tags has another name."""
        attributes = self.as_json()
        attributes["tag"] = attributes.pop("tags")
        return ET.tostring(element("post", attributes), encoding="unicode").encode() + b"\n"


def posts_of(context: RequestContext, window: ItemWindow) -> Iterator[Post]:
    """The items of a listing as posts, one after the other."""
    entries = reading_list_entries(context.library, context.actor, window.ids)
    for view in window.items:
        entry = entries.get(view.item.id)
        yield _post(context, view, unread=entry is not None and entry.read_at is None)


def is_json(context: RequestContext) -> bool:
    """Whether the program wants JSON."""
    return context.param("format") == "json"


def pinboard_date(instant: datetime | None) -> str:
    """An instant as Pinboard writes it; that of 1970 for none, because programs expect one."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ") if instant is not None else _EPOCH


def element(name: str, attributes: Mapping[str, str] = MappingProxyType({})) -> ET.Element:
    """The root of an answer in XML."""
    return ET.Element(name, {key: xml_safe_text(value) for key, value in attributes.items()})


def xml_response(root: ET.Element) -> Response:
    """An answer in XML."""
    return Response(xml_document(root), headers={"Content-Type": XML_TYPE})


def posts_response(context: RequestContext, posts: Iterable[Post], date: str, *, bare: bool = False) -> Response:
    """The posts, which are made while they are sent; `bare`: in JSON, they stand alone."""
    user = context.actor.login
    if is_json(context):
        begin = json.dumps({"date": date, "user": user}, ensure_ascii=False)[:-1]
        around = ("[", "]") if bare else (f'{begin}, "posts": [', "]}")
        pieces, media_type = json_array((post.as_json() for post in posts), *around), JSONResponse.media_type
    else:
        pieces, media_type = _posts_in_xml(posts, user, date), XML_TYPE
    return StreamedAnswer(pieces, context.credentials, media_type=media_type)


def _posts_in_xml(posts: Iterable[Post], user: str, date: str) -> Iterator[bytes]:
    root = element("posts", {"user": user, "dt": date})
    root.text = "\n"
    begin, end = ET.tostring(root, encoding="unicode").encode().split(b"\n")
    yield b'<?xml version="1.0" encoding="utf-8"?>\n' + begin + b"\n"
    for post in posts:
        yield post.as_xml()
    yield end + b"\n"


def tags_response(context: RequestContext, counts: Mapping[str, int]) -> Response:
    """All tags with their counts, which are written while they are sent."""
    if is_json(context):
        begin, end, media_type = "{", "}", JSONResponse.media_type
        written = (
            "," * (position > 0) + json.dumps({name: count}, ensure_ascii=False)[1:-1]
            for position, (name, count) in enumerate(counts.items())
        )
    else:
        begin, end, media_type = '<?xml version="1.0" encoding="utf-8"?>\n<tags>', "</tags>\n", XML_TYPE
        tags = (element("tag", {"count": str(count), "tag": name}) for name, count in counts.items())
        written = (ET.tostring(tag, encoding="unicode") for tag in tags)
    return StreamedAnswer(_in_portions(begin, written, end), context.credentials, media_type=media_type)


def _in_portions(begin: str, rows: Iterable[str], end: str) -> Iterator[bytes]:
    remaining = iter(rows)
    yield begin.encode()
    while portion := "".join(islice(remaining, _PORTION)):
        yield portion.encode()
    yield end.encode()


def result_code(context: RequestContext, code: str) -> Response:
    """The result of an action on posts."""
    return JSONResponse({"result_code": code}) if is_json(context) else xml_response(element("result", {"code": code}))


def result(context: RequestContext, text: str) -> Response:
    """The result of other actions."""
    if is_json(context):
        return JSONResponse({"result": text})
    root = element("result")
    root.text = xml_safe_text(text)
    return xml_response(root)


def _post(context: RequestContext, view: ItemView, *, unread: bool) -> Post:
    item = view.item
    url = item.url or f"{context.library.settings.base_url}/items/{item.id}"
    return Post(
        href=url,
        description=item.title or "",
        extended=item.description or "",
        meta=_hash(f"{item.id} {item.version}"),
        hash=_hash(url),
        time=pinboard_date(stored_instant(item.added or item.updated or item.changed_at)),
        shared=_YES_NO[not view.group.is_personal],
        toread=_YES_NO[unread],
        tags=" ".join(map(one_word_tag, item.tags)),
    )


def _hash(text: str) -> str:
    # Programs compare it with the MD5 of the address.
    return md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
