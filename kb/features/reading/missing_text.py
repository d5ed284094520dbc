"""Why an item has no text to read, and what one can do, in words."""

from typing import assert_never

from kb.access.actor import Action
from kb.features.reading.kept_text import KeptText, Missing
from kb.services.groups.group_views import allowed_actions
from kb.web.http.context import RequestContext


def missing_text(context: RequestContext, kept: KeptText) -> tuple[str, str]:
    """Why there is no text, and what one can do; both empty if there is one."""
    _ = context.translator.gettext
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, kept.group)
    capture = _(
        "A browser with the extension SingleFile can send the page as you see it: it then has a copy and a text here."
    )
    missing = kept.missing
    match missing:
        case Missing.NO_PAGE:
            return _("This item has neither a page on the web nor a file."), ""
        case Missing.NOT_FETCHED:
            return _("The text of this page has not been read yet."), capture if contributes else ""
        case Missing.WAITING:
            return _("The page is being read: come back in a moment."), ""
        case Missing.NOT_FOUND:
            return _("The page was read, and holds no text of its own."), capture if contributes else ""
        case Missing.FAILED:
            why = _(kept.failure.message) if kept.failure and contributes else ""
            return f"{_('The page could not be read.')} {why}".strip(), capture if contributes else ""
        case Missing.SCANNED:
            return _("The file holds no text: its pages are scanned, or pictures."), _(
                "Recognise its text (OCR) with a program on your computer, then upload the file again."
            ) if contributes else ""
        case Missing.LOCKED:
            return _("The file is protected by a password."), _(
                "Download it to read it; upload it without a password, and it can be read here."
            ) if contributes else ""
        case Missing.DAMAGED:
            return _("The file could not be read: it may be damaged."), _(
                "Download it to try another program; upload a sound file, and it can be read here."
            ) if contributes else ""
        case None:
            return "", ""
    assert_never(missing)
