"""Warnings to administrators about background tasks that fail."""

from collections.abc import Iterator

from kb.services.background.task_states import read_background_state
from kb.web.http.context import RequestContext


def background_task_warnings(context: RequestContext) -> Iterator[str]:
    """A sentence for each background task that failed a short time ago."""
    words, background = context.words, read_background_state(context.library.settings.data)
    names = {
        "index": words.say("search index"),
        "email": words.say("e-mail"),
        "expired-data": words.say("deletion of expired data"),
        "imports": words.say("imports"),
        "page-fetches": words.say("page fetches"),
        "link-check": words.say("link check"),
    }
    if not background.is_running:
        yield words.say("No background process is running: e-mail, imports and page fetches wait for “kb serve”.")
    for one in background.failing:
        yield words.say(
            "A background task has been failing since %(day)s, and is started again and again: %(name)s (%(error)s).",
            name=names.get(one.name, one.name),
            day=words.instant(one.failing_since or ""),
            error=one.error or "",
        )
