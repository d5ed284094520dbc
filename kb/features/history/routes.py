"""The addresses of the history, and the links to it."""

from pathlib import Path

from kb.errors import translatable
from kb.features.history.api import API, API_ROUTES
from kb.features.history.pages import HISTORY, handle_history_post, history_page, own_title_panel
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation, Panel, PanelLocation
from kb.web.http.endpoint import form_route

WEB = FeatureWeb(
    translatable("history of items"),
    routes=(form_route(f"/items/{{id}}/{HISTORY}", history_page, handle_history_post), *API_ROUTES),
    links=(
        FeatureLink(LinkLocation.ITEM, HISTORY, translatable("History")),
        FeatureLink(LinkLocation.ITEM_CHANGES, HISTORY, translatable("See the history")),
    ),
    panels=(Panel(PanelLocation.OWN_TITLE, own_title_panel),),
    help=HelpSection("garder", Path(__file__).parent),
    api=API,
)
