"""The addresses of the harvest, and what it adds to the pages of items and to the help."""

from pathlib import Path

from markupsafe import Markup
from starlette.routing import Route

from kb.errors import translatable
from kb.features.harvest import oai, sru, unapi
from kb.web.http.context import FeatureWeb, HelpSection, Panel, PanelLocation
from kb.web.http.endpoint import call_endpoint, page_route

_UNAPI_SERVER = Markup('<link rel="unapi-server" type="application/xml" title="unAPI" href="/unapi">\n')
_UNAPI_ID = Markup('<abbr class="unapi-id" title="{}"></abbr>\n')
WEB = FeatureWeb(
    translatable("harvesting by portals and catalogues"),
    routes=(
        page_route("/unapi", unapi.unapi_answer),
        page_route("/sru", sru.sru_answer),
        Route("/oai", call_endpoint(oai.oai_answer, oai.handle_oai_post), methods=("GET", "POST")),
    ),
    program_paths=("/oai", "/sru", "/unapi"),
    panels=(
        Panel(PanelLocation.ITEM_HEAD, lambda _context, _item_id: _UNAPI_SERVER),
        Panel(PanelLocation.ITEM, lambda _context, item_id: _UNAPI_ID.format(item_id)),
    ),
    help=HelpSection("importer", Path(__file__).parent),
)
