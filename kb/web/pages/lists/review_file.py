"""A press review as a file to download. Documents are written in processes of their own: pages do not wait."""

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kb.errors import Invalid
from kb.press_review.review import LONGEST_REVIEW, PressReview
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.translation import Translator
from kb.web.http.authentication import RequestCredentials
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import attachment
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.page_threads import WorkKind, run_in_turn


def review_file(context: RequestContext, review: PressReview, form: str) -> Response:
    """The press review as a file. Raises Invalid for an unknown format, or a review that is too long for it."""
    if form not in PRESS_REVIEW_FORMATS:
        known = ", ".join(PRESS_REVIEW_FORMATS)
        raise Invalid("A review has no form “%(form)s”: there are %(known)s.", form=form, known=known)
    if review.length > LONGEST_REVIEW:
        raise Invalid(
            "A press review has at most %(limit)s characters as a file: choose fewer items, or fewer and shorter "
            "passages.",
            limit=LONGEST_REVIEW,
        )
    format_ = PRESS_REVIEW_FORMATS[form]
    disposition = attachment(review.title, f".{form}", otherwise="revue")
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    if format_.is_document:
        write = partial(format_.write, review)
        return _Document(write, context.translator, context.credentials, format_.content_type, headers)
    return Response(format_.write(review, context.translator), media_type=format_.content_type, headers=headers)


class _Document(Response):
    """A file that is written in the caller's turn; errors of `run_in_turn` and `write` come before anything is sent."""

    def __init__(
        self,
        write: Callable[[Translator], str | bytes],
        translator: Translator,
        credentials: RequestCredentials,
        content_type: str,
        headers: dict[str, str],
    ) -> None:
        super().__init__(media_type=content_type, headers=headers)
        self._write, self._translator, self._credentials = write, translator, credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            del self.headers["Content-Length"]
        else:
            caller = caller_of(Request(scope), self._credentials)
            content = await run_in_turn(WorkKind.DOCUMENT, caller, self._write, self._translator)
            self.body = self.render(content)
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)
