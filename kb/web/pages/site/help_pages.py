"""The help: a list of its texts, and a page for each."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.services.admin.help_texts import HELP_NAMES, help_section, help_text
from kb.services.admin.site_pages import template_values
from kb.services.search.help_examples import with_examples
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.markdown_rendering import render_markdown
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class HelpPage:
    """`topics` lead to all texts, of which one may be current; `breadcrumb` leads to the list of them."""

    title: str
    form: SearchForm
    breadcrumb: tuple[Link, ...]
    body: Markup
    topics: tuple[Link, ...]


def help_page(context: RequestContext) -> Response:
    """The list of all help texts."""
    return _response(context, context.translator.gettext("Help"), Markup(), "")


def help_topic_page(context: RequestContext) -> Response:
    """The text whose name ends the address."""
    name = context.path.rpartition("/")[2]
    topic, language = help_text(name, context.translator.language), context.translator.language
    is_search = name == "recherche"
    text = with_examples(context.library, context.actor, topic.text, language) if is_search else topic.text
    sections = (feature.help for feature in context.features if feature.help is not None)
    text += "".join(help_section(section.folder, language) for section in sections if section.topic == name)
    # The name of a setting helps whoever may know the server, and nobody else.
    mail_setting = context.translator.gettext(" (setting KB_MAIL_URL)") if context.actor.administrator else ""
    facts = {**template_values(context.library.settings, context.site_name), "{mail_setting}": mail_setting}
    return _response(context, topic.title, render_markdown(text, facts), name)


def _response(context: RequestContext, title: str, body: Markup, current: str) -> Response:
    translator, addresses = context.translator, context.addresses
    home = Link(translator.gettext("Home"), addresses.home())
    page = HelpPage(
        title=title,
        form=search_form_of(context),
        breadcrumb=(home, Link(translator.gettext("Help"), addresses.help())) if current else (home,),
        body=body,
        topics=tuple(
            Link(help_text(name, translator.language).title, addresses.help(name), current=name == current)
            for name in HELP_NAMES
        ),
    )
    return render(context, "site/help.html", page)
