"""Answers to a refused form that keep its text: the login form, the page of the form, or an error with the text."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import FlorilegeError, LoginNeeded, NotFound, translatable
from kb.web.http.context import FormError, Handler, RequestContext
from kb.web.http.forms.refused_forms import EARLIER_FORM, ResumedForm, SentForm, StaleForm
from kb.web.http.urls.page_urls import url_with_query
from kb.web.ui.rendering import render

_SIGNED_OUT = translatable("You are no longer logged in: log in, and your text comes back. Nothing of it is lost.")
_SESSION_ENDED = translatable("You are no longer logged in: log in, then do it again. Nothing was changed.")
_OLD_FORM = translatable("This form was too old: look at it, then send it once more; nothing of it is lost.")
_RESUMED = translatable("Nothing is sent yet: look at your text, then send it.")
_FILES = translatable("Nothing of your text is lost, but choose your files once more, then send the form.")


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """A form that was refused, kept with its request. `page` shows the form again; None if the form is on other pages.

    `has_texts`: a user may have typed something into it.
    """

    sent: SentForm
    page: Handler | None

    @property
    def has_texts(self) -> bool:
        return bool(self.sent.texts)


@dataclass(frozen=True, slots=True)
class RefusedText:
    """The text of a refused form on a page: name and text of each field; `packed` is sent to `address` to have the
    form shown again.
    """

    texts: tuple[tuple[str, str], ...]
    address: str
    packed: str


@dataclass(frozen=True, slots=True)
class ResumePage:
    """A page that leads to the form again, with what was typed."""

    title: str
    text: RefusedText


def refused_form_of(request: Request) -> RefusedForm | None:
    """The form of a request, unless it holds secrets."""
    stored: tuple[SentForm, Handler | None] | None = getattr(request.state, "sent_form", None)
    return None if stored is None else RefusedForm(*stored)


def refused_text(sent: SentForm, address: str) -> RefusedText:
    """The text of a form that is sent to an address of this site."""
    return RefusedText(sent.texts, address, sent.pack())


def needs_login(context: RequestContext, error: FlorilegeError) -> bool:
    """Whether the user has to log in before the form can be shown again.

    A browser whose session has ended is asked to log in whether the thing exists or not, so it learns nothing of it.
    """
    if context.actor.user_id is not None:
        return False
    ended = isinstance(error, NotFound) and bool(context.credentials.session)
    return ended or isinstance(error, LoginNeeded | StaleForm | ResumedForm)


def login_answer(context: RequestContext, refused: RefusedForm, login_form: Handler) -> Response:
    """The login form (401), which carries the text along; without a text it leads to the page of the form."""
    address = url_with_query(context.path, context.params)
    error = FormError(LoginNeeded(_SIGNED_OUT if refused.has_texts else _SESSION_ENDED), 401)
    earlier_fields = ((EARLIER_FORM, refused.sent.pack()),) if refused.has_texts else ()
    fields = (*earlier_fields, ("next", address if refused.has_texts or refused.page else ""))
    response = login_form(replace(context, fields=fields, form_error=error))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def form_answer(
    context: RequestContext,
    refused: RefusedForm,
    error: FlorilegeError,
    error_page: Callable[[RequestContext, FlorilegeError], Response],
) -> Response:
    """The page of the form with what was typed, to be sent once more. Where the page cannot show all of it, an error
    page with the text.
    """
    status = 200 if isinstance(error, ResumedForm) else 403
    sentence = _FILES if refused.sent.has_files else _RESUMED if status == 200 else _OLD_FORM
    form_error = FormError(type(error)(sentence), status)
    if refused.page is not None:
        try:
            page = refused.page(replace(context, fields=refused.sent.fields, form_error=form_error))
        except FlorilegeError as other:
            return error_page(context, other)
        if page.status_code == status and _shows(bytes(page.body), refused.sent):
            page.headers["Cache-Control"] = "no-store"
            return page
    return error_page(context, form_error.error)


def resume_page(context: RequestContext, sent: SentForm, address: str) -> Response:
    """A page with one button, which leads to the form again. The form itself has the user's new rights."""
    page = ResumePage(context.translator.gettext("Your text is here"), refused_text(sent, address))
    response = render(context, "ui/resume_form.html", page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _shows(body: bytes, sent: SentForm) -> bool:
    """Whether a page has all that was typed."""
    page = body.decode("utf-8", "replace")
    return all(str(escape(value)) in page for _, value in sent.texts)
