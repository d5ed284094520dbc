"""The autocomplete of logins in texts."""

from starlette.responses import JSONResponse, Response

from kb.services.mentions.mentions import mention_completions
from kb.web.http.context import RequestContext


def mentionable_people(context: RequestContext) -> Response:
    """Members of a group whose login or name begins with the typed text. Raises NotFound, LoginNeeded, Forbidden."""
    users = mention_completions(context.library, context.actor, context.path_params["group"], context.param("q")[:100])
    answer = JSONResponse([{"login": user.login, "name": user.name} for user in users])
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
