"""The pages about the site itself: legal notice, personal data, accessibility."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.services.admin.site_pages import site_page, template_values
from kb.web.http.context import RequestContext
from kb.web.ui.markdown_rendering import fill_in_facts, render_markdown
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class TextPage:
    """`language` is that of the text if it differs from the page's; `elsewhere` says so.

    `changed` is the date of the text; `command` writes it, as long as placeholders are left.
    """

    title: str
    form: SearchForm
    language: str
    elsewhere: str
    body: Markup
    changed: str
    command: str


def text_page(context: RequestContext) -> Response:
    """The page whose name is the address."""
    translator, name = context.translator, context.path.strip("/")
    page = site_page(context.library, name, context.choice.language)
    foreign = page.language != translator.language
    facts = template_values(context.library.settings, context.site_name)
    unfinished = page.placeholder_count or page.changed_at is None
    return render(
        context,
        "site/site_text.html",
        TextPage(
            title=fill_in_facts(page.title, facts),
            form=search_form_of(context),
            language=page.language if foreign else "",
            elsewhere=translator.gettext(
                "This page exists in %(language)s only.", language=translator.language_name(page.language)
            )
            if foreign
            else "",
            body=render_markdown(page.text, facts),
            changed=translator.gettext("Text of %(day)s.", day=translator.instant(page.changed_at))
            if page.changed_at
            else "",
            command=f"kb page set {name} {name}.md --lang {page.language}" if unfinished else "",
        ),
    )
