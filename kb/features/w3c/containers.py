"""`/w3c/groups/<slug>/`: the container of the annotations of a group, and the pages of its annotations."""

from collections.abc import Iterator

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.features.w3c.annotation_objects import annotation_address, container_address, web_annotation
from kb.features.w3c.answers import OF_CONTAINER, OF_PAGE, shape_response
from kb.features.w3c.negotiation import Preference, answer_media_type, preference
from kb.features.w3c.records import annotation_ids, count_annotations, facts_of
from kb.formats.web_annotations.writer import CONTEXT
from kb.model.people.group import Group
from kb.services.clients.passage_listings import passages_with_ids
from kb.services.groups.group_views import readable_group
from kb.web.api.answer_size import MOST_ROW_BYTES, json_size
from kb.web.clients.sent_parameters import number_parameter
from kb.web.http.context import RequestContext

_LDP_CONTEXT = "http://www.w3.org/ns/ldp.jsonld"
DESCRIPTIONS_OF_PAGE, IRIS_OF_PAGE = 20, 500
_MOST_PAGES = 10**9


def get_container(context: RequestContext) -> Response:
    """The description of a container, or one of its pages. Raises NotFound, Invalid, HTTPException."""
    media_type = answer_media_type(context)
    group = readable_group(context.library, context.actor, context.path_params["group"])
    asked = _preference(context)
    with context.library.store.read() as reading:
        total = count_annotations(reading.connection, group.id)
    address = container_address(context, group)
    collection = address if asked is Preference.MINIMAL else f"{address}?iris={int(asked is Preference.IRIS)}"
    if context.param("page"):
        return _page(context, group, collection, total, media_type)
    paged = f"{address}?iris=0" if asked is Preference.MINIMAL else collection
    last = _last_page(total, asked is Preference.IRIS)
    shape = {
        "@context": [CONTEXT, _LDP_CONTEXT],
        "id": collection,
        "type": ["BasicContainer", "AnnotationCollection"],
        "label": group.name,
        "total": total,
        "first": f"{paged}&page=0",
        "last": f"{paged}&page={last}",
    }
    headers = {**OF_CONTAINER, "Content-Location": collection}
    if preference(context) is not None:
        headers["Preference-Applied"] = "return=representation"
    return shape_response(context, shape, headers, media_type=media_type)


def _preference(context: RequestContext) -> Preference:
    """The part that the address names, else the one that the client prefers. Raises Invalid."""
    match context.param("iris"):
        case "":
            asked = preference(context) or Preference.DESCRIPTIONS
            return Preference.DESCRIPTIONS if context.param("page") and asked is Preference.MINIMAL else asked
        case "0":
            return Preference.DESCRIPTIONS
        case "1":
            return Preference.IRIS
    raise Invalid("“%(name)s” should be one of %(words)s.", name="iris", words="0, 1")


def _page(context: RequestContext, group: Group, collection: str, total: int, media_type: str) -> Response:
    number, is_iris = number_parameter(context, "page", 0, 0, _MOST_PAGES), collection.endswith("1")
    size, last = IRIS_OF_PAGE if is_iris else DESCRIPTIONS_OF_PAGE, _last_page(total, is_iris)
    if number > last:
        raise NotFound("There is nothing at this address.")
    with context.library.store.read() as reading:
        ids = annotation_ids(reading.connection, group.id, number * size, size)
        facts = {} if is_iris else facts_of(reading.connection, ids)
    items: list[object] = [annotation_address(context, group, part_id) for part_id in ids]
    if not is_iris:
        items = list(_descriptions(context, group, ids, facts))
    shape = {
        "@context": CONTEXT,
        "id": f"{collection}&page={number}",
        "type": "AnnotationPage",
        "partOf": {"id": collection, "total": total},
        "startIndex": number * size,
        **({"prev": f"{collection}&page={number - 1}"} if number else {}),
        **({"next": f"{collection}&page={number + 1}"} if number < last else {}),
        "items": items,
    }
    return shape_response(context, shape, OF_PAGE, media_type=media_type)


def _descriptions(context: RequestContext, group: Group, ids: list[str], facts: dict[str, str]) -> Iterator[object]:
    """The annotations of a page; once they pass MOST_ROW_BYTES, the addresses of the others."""
    left = MOST_ROW_BYTES
    for passage in passages_with_ids(context.library, context.actor, ids):
        if passage.group.id != group.id:
            continue
        if left > 0:
            shape = web_annotation(context, passage, facts.get(passage.part.id, ""))
            left -= json_size(shape)
            yield shape
        else:
            yield annotation_address(context, group, passage.part.id)


def _last_page(total: int, is_iris: bool) -> int:
    return max(0, total - 1) // (IRIS_OF_PAGE if is_iris else DESCRIPTIONS_OF_PAGE)
