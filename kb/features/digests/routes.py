"""The addresses of digests."""

from pathlib import Path

from starlette.routing import Route

from kb.errors import translatable
from kb.features.digests.digest_panels import DIGEST_PANELS
from kb.features.digests.follow_pages import (
    following_page,
    handle_following_post,
    handle_new_items_post,
    new_items_page,
)
from kb.features.digests.follow_panels import FOLLOW_PANELS, FOLLOWING, unseen_items
from kb.features.digests.followed_feeds import FILE, public_feeds_file
from kb.features.digests.subscriber_admin import SUBSCRIBERS, handle_subscribers_post, subscribers_page
from kb.features.digests.subscriber_pages import (
    confirmation_page,
    handle_confirmation_post,
    handle_preferences_post,
    handle_stop_post,
    handle_subscribe_post,
    preferences_page,
    stop_page,
    subscribe_page,
)
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import call_endpoint, form_route, page_route

WEB = FeatureWeb(
    translatable("following, and digests by e-mail"),
    routes=(
        form_route(f"/{FOLLOWING}", following_page, handle_following_post),
        page_route(f"/{FILE}", public_feeds_file),
        form_route(f"/{FOLLOWING}/{{id}}", new_items_page, handle_new_items_post),
        form_route("/subscribe", subscribe_page, handle_subscribe_post),
        form_route("/subscribe/{key}", confirmation_page, handle_confirmation_post, keeps_text=False),
        form_route("/subscription/{key}", preferences_page, handle_preferences_post, keeps_text=False),
        form_route(f"/admin/{SUBSCRIBERS}", subscribers_page, handle_subscribers_post),
        Route("/subscription/{key}/stop", call_endpoint(stop_page, handle_stop_post), methods=("GET", "POST")),
    ),
    links=(
        FeatureLink(LinkLocation.OWN_MENU, FOLLOWING, translatable("What I follow")),
        FeatureLink(LinkLocation.ADMINISTRATION, SUBSCRIBERS, translatable("Readers by e-mail")),
    ),
    unseen=unseen_items,
    panels=(*FOLLOW_PANELS, *DIGEST_PANELS),
    help=HelpSection("suivre", Path(__file__).parent),
)
