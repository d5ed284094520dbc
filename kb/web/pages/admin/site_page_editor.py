"""The editor of a legal page, for administrators: its Markdown in each language, with a preview."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.errors import Invalid
from kb.services.admin.site_pages import (
    LONGEST_SITE_PAGE,
    preview_of_page,
    reset_site_page,
    save_site_page,
    site_page,
    site_page_markdown,
    template_values,
)
from kb.translation import LANGUAGES
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.admin.admin_layout import SITE, AdminHeader, admin_header, administrators_only
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.markdown_rendering import fill_in_facts, render_markdown
from kb.web.ui.rendering import render

LARGEST_SITE_PAGE_FORM = 4 * LONGEST_SITE_PAGE + (1 << 16)
"""Bytes: a text of this length, with some room."""


@dataclass(frozen=True, slots=True)
class SitePageEditor:
    """`language` is that of the text; `languages` links to the others. `preview` is empty until it is asked for."""

    head: AdminHeader
    page: str
    language: str
    languages: tuple[Link, ...]
    text: str
    limit: int
    preview_title: str
    preview: Markup


@administrators_only
def site_page_editor(context: RequestContext) -> Response:
    """The form. Raises NotFound for a page that the site does not have."""
    name, language = context.path_params["name"], _language(context)
    stored = site_page_markdown(context.library, name, language)
    return _response(context, context.typed_value("text", stored), Markup(""))


@administrators_only
@handle_form(site_page_editor)
def handle_site_page_post(context: RequestContext) -> Response:
    """Show the preview, store the text, or bring back that of the program."""
    name, language = context.path_params["name"], _language(context)
    here = context.addresses.admin(SITE, name, (("text", language),))
    text = context.form_value("text").replace("\r\n", "\n")
    match context.form_value("act"):
        case "preview":
            page = preview_of_page(name, language, text)
            facts = template_values(context.library.settings, context.site_name)
            return _response(context, text, render_markdown(page.text, facts), fill_in_facts(page.title, facts))
        case "save":
            save_site_page(context.library, context.actor, name, language, text)
        case "reset":
            reset_site_page(context.library, context.actor, name, language)
        case _:
            raise Invalid("The request is not a form of this site.")
    return redirect_with_flash(here, "site-changed", f"{name}.{language}")


def _language(context: RequestContext) -> str:
    """The language of the text: of the form, or of the address."""
    language = context.form_value("language") or context.param("text")
    return language if language in LANGUAGES else context.library.settings.language


def _response(context: RequestContext, text: str, preview: Markup, preview_title: str = "") -> Response:
    name, language, translator = context.path_params["name"], _language(context), context.translator
    address = context.addresses.admin
    title = site_page(context.library, name, translator.language).title
    editor = SitePageEditor(
        head=admin_header(
            context, SITE, fill_in_facts(title, template_values(context.library.settings, context.site_name))
        ),
        page=name,
        language=language,
        languages=tuple(
            Link(translator.language_name(code), address(SITE, name, (("text", code),)), current=code == language)
            for code in LANGUAGES
        ),
        text=text,
        limit=LONGEST_SITE_PAGE,
        preview_title=preview_title,
        preview=preview,
    )
    return render(context, "admin/site_page_editor.html", editor)
