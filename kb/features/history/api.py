"""`GET /api/v1/items/<id>/history`: what was changed in an item."""

from pathlib import Path
from typing import Annotated, Any

from starlette.responses import Response
from typing_extensions import TypedDict

from kb.features.history.history import ShownChange, item_history
from kb.features.history.item_changes import GROUP, REMOVED, Value
from kb.model.search_request import MAX_PER_PAGE
from kb.web.api.answer_objects import person_answer
from kb.web.api.json_schema import Keywords
from kb.web.api.json_types.answers import MaybePerson
from kb.web.api.json_types.values import Count, Id, MaybeInstant
from kb.web.api.operations import Operation, operation
from kb.web.api.parameters import requested_search
from kb.web.api.responses import json_response
from kb.web.api.routes import api_routes
from kb.web.http.context import FeatureApi, RequestContext

_OPERATIONS: list[Operation] = []


class ChangedField(TypedDict):
    """A field of an item, or of a passage or comment of it, before a change and after it."""

    field: str
    before: str | list[str] | None
    after: str | list[str] | None


class HistoryChange(TypedDict):
    """What one user changed at once."""

    number: Count
    changed_at: MaybeInstant
    author: MaybePerson
    annotation: Annotated[Id | None, Keywords(name="MaybeId")]
    removed: bool
    fields: list[ChangedField]


class ItemHistory(TypedDict):
    """One page of the changes of an item, the latest first."""

    total: Count
    page: Count
    per_page: Count
    changes: list[HistoryChange]


@operation("GET /items/{id}/history", "getItemHistory", ItemHistory, into=_OPERATIONS, parameters=("page", "per_page"))
def get_item_history(context: RequestContext) -> Response:
    """The history of an item."""
    request = requested_search(context.params)
    size = min(request.per_page, MAX_PER_PAGE)
    history = item_history(context.library, context.actor, context.path_params["id"], request.page, size)
    changes = [_change_answer(change) for change in history.changes]
    answer = ItemHistory(total=history.total, page=request.page, per_page=size, changes=changes)
    return json_response(context, answer)


def _change_answer(change: ShownChange) -> HistoryChange:
    entry = change.entry
    return HistoryChange(
        number=entry.number,
        changed_at=entry.changed_at,
        author=person_answer(entry.user),
        annotation=entry.part_id or None,
        removed=REMOVED in entry.changes,
        fields=[
            ChangedField(field=name, before=_value(change, name, before), after=_value(change, name, after))
            for name, (before, after) in entry.changes.items()
            if name != REMOVED
        ],
    )


def _value(change: ShownChange, name: str, value: Value) -> Any:
    """A value; of a group its slug, if the caller may read it."""
    if name != GROUP:
        return value
    group = change.groups.get(str(value))
    return group.slug if group else None


API = FeatureApi(tuple(_OPERATIONS), Path(__file__).parent)
API_ROUTES = api_routes(_OPERATIONS)
