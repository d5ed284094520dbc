"""What a field for tags proposes while one types, as the script of our pages takes it (JSON)."""

from starlette.responses import JSONResponse, Response

from kb.services.tags.tag_autocomplete import TagProposal, propose_tags
from kb.web.http.context import Context
from kb.web.http.listing_scope import Place

_CHOSEN = "{group}"
"""Stands in an address for the group that a form has chosen: the script fills it in."""
_KEPT = 60
"""Seconds that a browser may keep an answer: whoever takes a letter back asks nobody again."""


def tag_proposals(context: Context) -> Response:
    """Tags of a group that begin with what is typed, or hold it, by kind: those of its vocabulary first.

    Each has its `tag`, and a `hint`: how many items bear it, and which other label was typed. Raises NotFound,
    Unavailable.
    """
    found = propose_tags(context.library, context.actor, context.path_params["group"], context.param("q"))
    words = context.words
    kinds = (
        (words.say("Recommended"), [one for one in found if one.recommended]),
        (words.say("Tags of the group"), [one for one in found if not one.recommended]),
    )
    answer = [{"title": title, "tags": [_told(one, context) for one in some]} for title, some in kinds if some]
    headers = {"Cache-Control": f"private, max-age={_KEPT}", "Vary": "Accept-Encoding, Accept-Language, Cookie"}
    return JSONResponse(answer, headers=headers)


def proposals_address(slug: str = "") -> str:
    """Where the tags of a group are proposed; without one, of the group that the form chooses in its field `group`."""
    return f"{Place(slug).path if slug else f'/g/{_CHOSEN}'}/tags/suggest"


def _told(one: TagProposal, context: Context) -> dict[str, str]:
    words = context.words
    count = words.plural("%(count)s item", "%(count)s items", one.count) if one.count else ""
    hints = (words.say("“%(label)s”", label=one.meant) if one.meant else "", count)
    return {"tag": one.label, "hint": " · ".join(hint for hint in hints if hint)}
