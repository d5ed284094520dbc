"""The addresses of notices, and where pages of the core show them."""

from pathlib import Path

from kb.errors import translatable
from kb.features.notices.correction_page import correction_page, handle_correction_post
from kb.features.notices.pages import (
    CORRECTIONS,
    NOTICES,
    SETTINGS,
    former_mentions,
    handle_notice_settings_post,
    handle_notices_post,
    header_count,
    home_lines,
    notice_settings_page,
    notices_page,
    seen,
)
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation, Panel, PanelLocation
from kb.web.http.endpoint import form_route, page_route
from kb.web.http.files.static_files import static_route

WEB = FeatureWeb(
    translatable("notices of what concerns a user"),
    routes=(
        form_route(f"/{NOTICES}", notices_page, handle_notices_post),
        form_route(f"/{SETTINGS}", notice_settings_page, handle_notice_settings_post),
        form_route(f"/{CORRECTIONS}/{{id}}", correction_page, handle_correction_post),
        page_route("/mentions", former_mentions),
        static_route("notices"),
    ),
    links=(
        FeatureLink(LinkLocation.ACCOUNT, SETTINGS, translatable("What I am told of")),
        FeatureLink(LinkLocation.HOME_WAITING, NOTICES, translatable("All the notices")),
    ),
    panels=(Panel(PanelLocation.HEADER, header_count), Panel(PanelLocation.HOME_WAITING, home_lines)),
    help=HelpSection("groupes", Path(__file__).parent),
    seen=seen,
)
