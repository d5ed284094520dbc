"""The address of the right of quotation, and the link to it."""

from pathlib import Path

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.quotation.ledger_pages import LEDGER, ledger_file, ledger_page
from kb.features.quotation.pages import QUOTATION, handle_quotation_post, quotation_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import form_route, page_route
from kb.web.http.files.static_files import static_route

WEB = FeatureWeb(
    translatable("right of quotation"),
    routes=(
        form_route(f"/g/{{group}}/{QUOTATION}", quotation_page, handle_quotation_post),
        page_route(f"/g/{{group}}/{LEDGER}", ledger_page),
        page_route(f"/g/{{group}}/{LEDGER}.csv", ledger_file),
        static_route("quotation"),
    ),
    links=(
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, QUOTATION, translatable("Right of quotation"), Action.MANAGE),
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, LEDGER, translatable("Ledger of quotations"), Action.MANAGE),
    ),
    help=HelpSection("listes", Path(__file__).parent),
)
