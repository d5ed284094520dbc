"""The page on which the author of a hidden text corrects it (`/notices/correct/<id>`)."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.features.notices.notices import mark_item_seen
from kb.features.notices.pages import NOTICES
from kb.model.items.item_fields import LONGEST_WORDS
from kb.services.moderation.hidden_corrections import correct_hidden_text, hidden_text
from kb.services.trash.item_parts import waiting_correction
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """`text` is what to begin with: an earlier correction, or the hidden text; `quote` is the passage that it is about.
    `is_waiting`: moderators have an earlier correction.
    """

    title: str
    quote: str
    text: str
    reason: str
    is_waiting: bool
    most: int
    back: str


def correction_page(context: RequestContext) -> Response:
    """The form with the hidden text. Raises LoginNeeded, NotFound, Forbidden."""
    hidden = hidden_text(context.library, context.actor, context.path_params["id"])
    annotation, correction = hidden.part.annotation, hidden.part.correction
    page = CorrectionPage(
        hidden.removal.title,
        (annotation.quote or "") if annotation else "",
        context.typed_value("text", correction.text if correction else hidden.body),
        hidden.removal.reason or "",
        waiting_correction(hidden.part) is not None,
        LONGEST_WORDS,
        context.addresses.own(NOTICES),
    )
    return render(context, "notices/correction.html", page)


@handle_form(correction_page)
def handle_correction_post(context: RequestContext) -> Response:
    """Give the correction to the moderators."""
    library, actor = context.library, context.actor
    removal = correct_hidden_text(library, actor, context.path_params["id"], context.form_value("text"))
    mark_item_seen(library, actor, removal.item_id, [removal.annotation_id or ""])
    return redirect_with_flash(context.addresses.own(NOTICES), "correction-sent")
