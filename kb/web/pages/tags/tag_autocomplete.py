"""Tag autocomplete for the script of our pages (JSON)."""

from starlette.responses import JSONResponse, Response

from kb.services.tags.tag_autocomplete import TagCompletion, tag_completions
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope

_CHOSEN = "{group}"
"""Placeholder in an address for the group selected in a form: the script fills it in."""
_CACHE_CONTROL = 60
"""Seconds that a browser may cache an answer: deleting a letter sends no new request."""


def get_tag_completions(context: RequestContext) -> Response:
    """Tags of a group that begin with the typed text, or contain it, by kind: those of its vocabulary first.

    Each has its `tag`, and a `hint`: the number of its items, and the other label that was typed. Raises NotFound,
    Unavailable.
    """
    completions = tag_completions(context.library, context.actor, context.path_params["group"], context.param("q"))
    translator = context.translator
    kinds = (
        (translator.gettext("Recommended"), [completion for completion in completions if completion.recommended]),
        (
            translator.gettext("Tags of the group"),
            [completion for completion in completions if not completion.recommended],
        ),
    )
    answer = [
        {"title": title, "tags": [_completion(completion, context) for completion in some]}
        for title, some in kinds
        if some
    ]
    headers = {
        "Cache-Control": f"private, max-age={_CACHE_CONTROL}",
        "Vary": "Accept-Encoding, Accept-Language, Cookie",
    }
    return JSONResponse(answer, headers=headers)


def tag_autocomplete_address(slug: str = "") -> str:
    """The address of a group's tag completions; without a slug, for the group selected in the form's field `group`."""
    return f"{ListingScope(slug).path if slug else f'/g/{_CHOSEN}'}/tags/suggest"


def _completion(completion: TagCompletion, context: RequestContext) -> dict[str, str]:
    translator = context.translator
    count = translator.ngettext("%(count)s item", "%(count)s items", completion.count) if completion.count else ""
    hints = (translator.gettext("“%(label)s”", label=completion.meant) if completion.meant else "", count)
    return {"tag": completion.label, "hint": ", ".join(hint for hint in hints if hint)}
