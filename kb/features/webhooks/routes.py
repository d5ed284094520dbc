"""The address of the webhooks of a group, and the links to it."""

from pathlib import Path

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.webhooks.pages import WEBHOOKS, handle_webhooks_post, webhooks_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import form_route

WEB = FeatureWeb(
    translatable("webhooks"),
    routes=(form_route(f"/g/{{group}}/{WEBHOOKS}", webhooks_page, handle_webhooks_post, keeps_text=False),),
    links=(
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, WEBHOOKS, translatable("Webhooks"), Action.MANAGE),
        FeatureLink(LinkLocation.FOLLOW, WEBHOOKS, translatable("Post it in a team chat"), Action.MANAGE),
    ),
    help=HelpSection("suivre", Path(__file__).parent),
)
