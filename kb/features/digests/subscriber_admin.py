"""`/admin/subscribers`: readers without an account, as administrators see them: how many there are, whose mail servers
refuse digests, and the form that erases an address on request.
"""

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from kb.errors import NotFound
from kb.features.digests.records.digest_records import DigestsReading
from kb.features.digests.subscribers import erase_subscriber
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render

SUBSCRIBERS = "subscribers"
_ERASED = "erased"
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class RefusedReader:
    """A reader whose mail server refuses digests, since a day, with its answer."""

    address: str
    day: str
    answer: str


@dataclass(frozen=True, slots=True)
class SubscribersPage:
    """`count` readers have no account; `refused` are the latest readers whose mail servers refuse digests."""

    head: AdminHeader
    count: int
    refused: tuple[RefusedReader, ...]
    is_erased: bool


@administrators_only
def subscribers_page(context: RequestContext) -> Response:
    """The page. Raises NotFound for others than administrators."""
    with context.library.store.read() as reading:
        records = DigestsReading(reading.connection)
        (count, _), refused = records.counts(), records.refused(_MOST_SHOWN)
        accounts = reading.accounts.by_ids(reader.user_id for reader in refused if reader.user_id)
    rows = tuple(
        RefusedReader(
            reader.email or (accounts[reader.user_id].user.login if reader.user_id in accounts else ""),
            context.translator.instant(reader.refused_at or ""),
            reader.refusal,
        )
        for reader in refused
    )
    page = SubscribersPage(admin_header(context, SUBSCRIBERS), count, rows, context.param("did") == _ERASED)
    return render(context, "digests/subscribers.html", page)


@handle_form(subscribers_page, {NotFound: 404})
@administrators_only
def handle_subscribers_post(context: RequestContext) -> Response:
    """Erase an address."""
    if not erase_subscriber(context.library, context.actor, context.form_value("email")):
        raise NotFound("No reader without an account has this address.")
    address = context.addresses.own(f"admin/{SUBSCRIBERS}", (("did", _ERASED),))
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
