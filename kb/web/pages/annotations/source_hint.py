"""The “source, date” hint while a user types a comment: the source and date that the item would get from it."""

from starlette.responses import PlainTextResponse, Response

from kb.formats.source_and_date import source_and_date
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext

_LONGEST = 300
"""Characters of a comment's line that are analysed."""


def recognized_source(context: RequestContext) -> Response:
    """The source and date recognised in a line, as a sentence; empty if there are none. Raises LoginNeeded."""
    require_signed_in(context.actor)
    found = source_and_date(context.param("text")[:_LONGEST])
    words = context.words
    said = (
        words.say("Source: %(source)s – published: %(day)s", source=found.source, day=words.period(found.published))
        if found is not None
        else ""
    )
    return PlainTextResponse(said, headers={"Cache-Control": "private, no-store"})
