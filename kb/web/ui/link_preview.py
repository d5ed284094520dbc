"""The preview that other sites show of a link to a public page: OpenGraph, which Twitter reads too."""

from dataclasses import dataclass

from kb.model.people.group import Group, Visibility
from kb.model.truncation import truncate
from kb.services.core.site_identity import site_identity
from kb.web.http.context import RequestContext
from kb.web.ui.site_look import logo_of

_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """`kind` is a type of OpenGraph (`article`, `website`), `address` the absolute address without parameters.

    `image` is the absolute address of the logo, or empty.
    """

    kind: str
    title: str
    text: str
    address: str
    site_name: str
    image: str


def link_preview_of(context: RequestContext, group: Group, kind: str, title: str, text: str) -> LinkPreview | None:
    """The preview of the page at this path; None if not everyone may read its group."""
    if group.visible is not Visibility.EVERYONE or group.is_personal:
        return None
    settings = context.library.settings
    text = truncate(" ".join(text.split()), _LONGEST_TEXT)
    identity = site_identity(context.library)
    logo = logo_of(identity)
    image = settings.base_url + logo.address if logo else ""
    return LinkPreview(kind, title, text, settings.base_url + context.path, identity.name, image)
