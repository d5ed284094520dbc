"""The pages about the site itself: legal notice, personal data, accessibility."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.services.admin.site_pages import SitePage, site_page, template_values
from kb.web.http.context import RequestContext
from kb.web.ui.markdown_rendering import fill_in_facts, render_markdown
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class TextPage:
    """`is_foreign`: the text is in another language than the page. `command` writes it, as long as placeholders are
    left.
    """

    title: str
    form: SearchForm
    page: SitePage
    is_foreign: bool
    body: Markup
    command: str


def text_page(context: RequestContext) -> Response:
    """The page whose name is the address."""
    name, language = context.path.strip("/"), context.choice.language
    site_text = site_page(context.library, name, language)
    facts = template_values(context.library.settings, context.site_name)
    unfinished = site_text.placeholder_count or site_text.changed_at is None
    page = TextPage(
        title=fill_in_facts(site_text.title, facts),
        form=search_form_of(context),
        page=site_text,
        is_foreign=site_text.language != language,
        body=render_markdown(site_text.text, facts),
        command=f"kb page set {name} {name}.md --lang {site_text.language}" if unfinished else "",
    )
    return render(context, "site/site_text.html", page)
