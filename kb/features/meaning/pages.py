"""What embeddings add to the overview of administrators and to the help."""

from pathlib import Path

from markupsafe import Markup

from kb.errors import translatable
from kb.features.meaning.embedding_service import TextKind
from kb.features.meaning.records import EmbeddingProgress, progress
from kb.features.meaning.services import service_of
from kb.web.http.context import FeatureWeb, HelpSection, Panel, PanelLocation, RequestContext


def _progress_line(context: RequestContext, _subject: str) -> Markup:
    """A line about the texts that wait."""
    if (state := _state(context)) is None:
        return Markup()
    _, ngettext = context.translator.gettext, context.translator.ngettext
    if not state.texts and not state.pages:
        return _line(_("All texts have their vectors for questions (embeddings)."))
    parts = []
    if state.texts:
        parts.append(
            ngettext(
                "The texts of %(count)s item wait for their vectors (embeddings).",
                "The texts of %(count)s items wait for their vectors (embeddings).",
                state.texts,
            )
        )
    if state.pages:
        parts.append(
            ngettext(
                "The text of %(count)s page waits for its vectors (embeddings).",
                "The texts of %(count)s pages wait for their vectors (embeddings).",
                state.pages,
            )
        )
    return _line(" ".join(parts))


def _warning(context: RequestContext, _subject: str) -> Markup:
    """What holds the task up."""
    state = _state(context)
    if state is None or state.failure is None:
        return Markup()
    translator = context.translator
    why = translator.gettext(state.failure.message, **state.failure.values)
    text = translator.gettext(
        "Texts have got no vectors (embeddings) since %(day)s, and questions are searched by words: %(why)s",
        day=translator.instant(state.failure.since),
        why=why,
    )
    return Markup('<p class="form-error">{}</p>\n').format(text)


def _state(context: RequestContext) -> EmbeddingProgress | None:
    service = service_of(context.library.settings, TextKind.PASSAGE)
    if service is None:
        return None
    with context.library.store.read() as reading:
        return progress(reading.connection, service.model)


def _line(text: str) -> Markup:
    return Markup("<li>{}</li>\n").format(text)


WEB = FeatureWeb(
    translatable("embeddings, for questions in other words"),
    panels=(
        Panel(PanelLocation.SITE_STATE, _progress_line),
        Panel(PanelLocation.SITE_WARNINGS, _warning),
    ),
    help=HelpSection("administrer", Path(__file__).parent),
)
