"""The like buttons of items and annotations: each changes the like and leads back to the page it was on."""

from starlette.responses import Response

from kb.errors import Invalid
from kb.services.annotations.likes import like, unlike
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.ui.annotation_address import address_of_ids


def handle_like_post(context: RequestContext) -> Response:
    """Like, or remove a like, as the button says: pressing it twice changes nothing more."""
    item_id = context.path_params["id"]
    act, _, subject = context.form_value("like").partition(" ")
    match act:
        case "like":
            like(context.library, context.actor, item_id, subject)
        case "unlike":
            unlike(context.library, context.actor, item_id, subject)
        case _:
            raise Invalid("What was sent is not a form of this site.")
    annotation = subject if subject != item_id else None
    return redirect_with_flash(address_of_ids(context, item_id, annotation))
