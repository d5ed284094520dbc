"""The outcome of invitations: the page after many at once, with links to pass on and lines to correct; the page of one
link; the delivery of the e-mail message of each.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from starlette.responses import Response

from kb.errors import FlorilegeError
from kb.model.people.account import Invitation
from kb.model.people.delivery import Delivery, DeliveryState
from kb.services.groups.bulk_invitations import LONGEST_ADDRESS_LIST, InvitationResult, Outcome
from kb.services.groups.invitations import replace_invitation_link, resend_invitation
from kb.services.groups.known_people import SeveralPeople
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import FormRow
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.rendering import render

EARLIER_LINKS = "links"
"""The field of the form that corrects lines with the links of the lines before: nothing else has them any more."""
_TO_CORRECT = frozenset({Outcome.BAD, Outcome.LATER})


@dataclass(frozen=True, slots=True)
class _ResultRow:
    """`line` is the number of the line in the typed list, or empty."""

    text: str
    outcome: str
    line: str


@dataclass(frozen=True, slots=True)
class _InvitationResultsPage:
    """`links` has a line for each link to pass on: the address, a tab, the link. `rest` are the lines to send again,
    `role` their role, empty for the site; `field` is the name of the field for them, `act` of their action.
    """

    breadcrumb: tuple[Link, ...]
    done: int
    known: int
    failed: int
    rows: tuple[_ResultRow, ...]
    links: str
    rest: str
    role: str
    field: str
    act: str


def invitation_results_page(
    context: RequestContext, breadcrumb: tuple[Link, ...], results: tuple[InvitationResult, ...], role: str = ""
) -> Response:
    """The page of these results; the lines that failed stand first, and again in a form. 400 if all of them failed."""
    translator, base = context.translator, context.library.settings.base_url
    links = [context.form_value(EARLIER_LINKS)[:LONGEST_ADDRESS_LIST].replace("\r", "")]
    links += [
        f"{result.entry.address}\t{base}{context.addresses.welcome(result.secret)}"
        for result in results
        if result.secret
    ]
    failed = [result for result in results if result.outcome in _TO_CORRECT]
    counts = Counter(result.outcome for result in results)
    done = counts[Outcome.SENT] + counts[Outcome.LINK] + counts[Outcome.INVITED]
    known = counts[Outcome.MEMBER] + counts[Outcome.WAITS]
    page = _InvitationResultsPage(
        breadcrumb=breadcrumb,
        done=done,
        known=known,
        failed=len(failed),
        rows=tuple(
            _row(result, translator) for result in (*failed, *(other for other in results if other not in failed))
        ),
        links="\n".join(filter(None, links)),
        rest="\n".join(result.entry.text for result in failed),
        role=role,
        field="people" if role else "email",
        act="invite" if role else "email",
    )
    status = 200 if done or known else 400
    return with_secret_headers(render(context, "ui/invitation_results.html", page, status))


def invitation_link_page(
    context: RequestContext, breadcrumb: tuple[Link, ...], lead: str, secret: str, address: str | None
) -> Response:
    """The page of one link to pass on, with the address that it is for, if it is for one."""
    translator = context.translator
    title = (
        translator.gettext("A link for %(address)s", address=address)
        if address
        else translator.gettext("A link to pass on")
    )
    return new_secret_page(context, title, breadcrumb, lead, address=context.addresses.welcome(secret))


def renewed_invitation(
    context: RequestContext, slug: str | None, link_page: Callable[[str, str | None], Response], sent: str
) -> Response | None:
    """The answer to a form that replaces the link of an invitation, or sends its e-mail message again, which redirects
    to `sent`; None for another form. `slug` is that of the group, None for the site.
    """
    library, actor, field = context.library, context.actor, context.form_value
    if field("act") == "replace":
        invitation, secret = replace_invitation_link(library, actor, slug, field("id"))
        return link_page(secret, invitation.email)
    if field("act") == "resend":
        invitation, unsent = resend_invitation(library, actor, slug, field("id"), field("email"))
        return redirect_with_flash(sent, "letter-sent") if unsent is None else link_page(unsent, invitation.email)
    return None


def with_delivery(row: FormRow, invitation: Invitation, delivery: Delivery | None, translator: Translator) -> FormRow:
    """The row of an invitation with its delivery, unless the mail server has accepted the message, or no attempt was
    made. A message that has failed can be sent again.
    """
    if delivery is None or delivery.state is DeliveryState.QUEUED:
        return row
    address = invitation.email if delivery.has_failed else None
    return replace(row, delivery=_delivery_sentence(delivery, translator), address=address or "")


def _delivery_sentence(delivery: Delivery, translator: Translator) -> str:
    _ = translator.gettext
    answer = delivery.answer or _("the mail server could not be reached")
    match delivery.state:
        case DeliveryState.QUEUED | DeliveryState.SENT | DeliveryState.DROPPED:
            return ""
        case DeliveryState.SENDING:
            return _("The e-mail is being sent. If that is interrupted, it will be sent again.")
        case DeliveryState.UNKNOWN:
            return _("It is not known whether the e-mail arrived: the connection ended before the answer.")
        case DeliveryState.DEFERRED:
            return _("The e-mail is not delivered yet, and will be tried again: %(answer)s", answer=answer)
        case DeliveryState.REFUSED | DeliveryState.TEXT_REFUSED:
            if not delivery.answer:
                return _("The e-mail cannot be sent to this address.")
            return _("The e-mail was refused by the mail server: %(answer)s", answer=delivery.answer)
        case DeliveryState.GIVEN_UP:
            return translator.ngettext(
                "The e-mail was not delivered after %(count)s attempt: %(answer)s",
                "The e-mail was not delivered after %(count)s attempts: %(answer)s",
                delivery.tries,
                answer=answer,
            )
    assert_never(delivery.state)


def _row(result: InvitationResult, translator: Translator) -> _ResultRow:
    is_wrong = result.outcome in _TO_CORRECT and result.entry.line
    line = translator.gettext("line %(number)s", number=result.entry.line) if is_wrong else ""
    return _ResultRow(result.entry.text, _outcome_text(result, translator), line)


def _outcome_text(result: InvitationResult, translator: Translator) -> str:
    _ = translator.gettext
    match result.outcome:
        case Outcome.SENT:
            return _("invited by e-mail")
        case Outcome.LINK:
            return _("invited: pass the link on")
        case Outcome.INVITED:
            return _("invited on their own pages")
        case Outcome.WAITS:
            return _("invited already, without an answer yet")
        case Outcome.MEMBER:
            return _sentence(result.error, translator) or _("already a member")
        case Outcome.BAD | Outcome.LATER:
            if isinstance(result.error, SeveralPeople):
                logins = ", ".join(person.login for person in result.error.people)
                return _("several people answer to it; write one of these logins: %(logins)s", logins=logins)
            return _sentence(result.error, translator)
        case _ as never:
            assert_never(never)


def _sentence(error: FlorilegeError | None, translator: Translator) -> str:
    return translator.gettext(error.message, **error.values) if error else ""
