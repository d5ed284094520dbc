"""The form of the organisation's words on the home page, for administrators."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.services.admin.home_text import LONGEST_HOME_TEXT, home_text, save_home_texts
from kb.translation import LANGUAGES
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.admin.overview import SITE, AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class SiteTextsPage:
    """`texts` has, for each language, its code, its name, and the text: the sent one after an error."""

    head: AdminHeader
    texts: tuple[tuple[str, str, str], ...]
    limit: int


@administrators_only
def site_texts_page(context: RequestContext) -> Response:
    """The form, with the present texts."""
    typed = context.form_error is not None
    texts = tuple(
        (
            code,
            context.words.language_name(code),
            context.form_value(f"text-{code}") if typed else home_text(context.library, code),
        )
        for code in LANGUAGES
    )
    return render(
        context, "admin/site_texts.html", SiteTextsPage(admin_header(context, SITE), texts, LONGEST_HOME_TEXT)
    )


@administrators_only
@handle_form(site_texts_page)
def handle_site_texts_post(context: RequestContext) -> Response:
    """Store the texts."""
    # Browsers send the ends of lines as CR LF.
    texts = {code: context.form_value(f"text-{code}").replace("\r\n", "\n") for code in LANGUAGES}
    save_home_texts(context.library, context.actor, texts)
    return redirect_with_flash(context.addresses.admin(SITE), "kept")
