"""Forms that act once: a double click, a form sent again after the network failed or from the browser's history.

The key is the token of the form's page; the answer is stored with the action, as for programs (`idempotent_write`).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from hashlib import blake2b

from starlette.responses import Response

from kb.model.idempotent_answer import Answer
from kb.services.authentication.authentication import with_present_rights
from kb.services.core.idempotency import KeyedRequest, run_idempotently
from kb.services.core.library import Library
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.forms.refused_forms import FORM_TOKEN, ONCE
from kb.web.http.writes.idempotent_write import stored_answer


def once(act: Callable[[RequestContext], Response]) -> Callable[[RequestContext], Response]:
    """Decorate the function that does what a form asks for, and redirects: the same fields from the same page act once.

    It runs in one transaction, so that errors are shown outside, by `handle_form`. A page with a new secret is shown
    once: a repeated form is redirected to its own page, which says so.
    """

    @wraps(act)
    def run(context: RequestContext) -> Response:
        if context.actor.user_id is None:
            # The action itself refuses: an unreadable thing is absent for visitors, and others are asked to log in.
            return act(context)
        page = context.form_value(ONCE) or context.form_value(FORM_TOKEN)
        fields = tuple(pair for pair in context.fields if pair[0] not in {ONCE, FORM_TOKEN})
        # Another text from the same page is another form.
        sent = blake2b(repr((page, context.path, context.params, fields)).encode(), digest_size=20).hexdigest()
        responses: list[Response] = []

        def run_and_store(library: Library) -> Answer:
            response = act(replace(context, library=library, actor=with_present_rights(library, context.actor)))
            if response.status_code == 303:
                return stored_answer(response)
            responses.append(response)
            return stored_answer(redirect_with_flash(context.path, "made-before"))

        answer = run_idempotently(
            context.library,
            context.actor,
            KeyedRequest(f"form {sent}", sent),
            run_and_store,
            # A redirect tells nothing: the page that it leads to checks the rights.
            lambda _library, _answer: None,
        )
        return responses[0] if responses else Response(answer.body, answer.status, dict(answer.headers))

    return run
