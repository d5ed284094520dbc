"""The addresses of the frames and of the page for owners, and the links to it."""

from pathlib import Path

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.embeds.embedded_pages import EMBED, embedded_group, embedded_list, embedded_tags
from kb.features.embeds.integration_page import handle_integration_post, integration_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import form_route, public_route
from kb.web.http.files.static_files import static_route

WEB = FeatureWeb(
    translatable("frames for pages of other sites"),
    routes=(
        public_route(f"/{EMBED}/g/{{group}}", embedded_group),
        public_route(f"/{EMBED}/g/{{group}}/tags", embedded_tags),
        public_route(f"/{EMBED}/lists/{{id}}", embedded_list),
        form_route(f"/g/{{group}}/{EMBED}", integration_page, handle_integration_post),
        static_route("embeds"),
    ),
    links=(
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, EMBED, translatable("Embed"), Action.MANAGE),
        FeatureLink(LinkLocation.FOLLOW, EMBED, translatable("Show it in a page of another site"), Action.MANAGE),
    ),
    help=HelpSection("suivre", Path(__file__).parent),
)
