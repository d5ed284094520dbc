"""The addresses of the right of quotation and of the ledger, and the links to them."""

from pathlib import Path

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.quotation.distribution_page import (
    DISTRIBUTION,
    can_record,
    distribution_page,
    handle_distribution_post,
)
from kb.features.quotation.ledger_pages import LEDGER, handle_ledger_post, ledger_file, ledger_page
from kb.features.quotation.pages import QUOTATION, handle_quotation_post, quotation_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import form_route, page_route
from kb.web.http.files.static_files import static_route

WEB = FeatureWeb(
    translatable("right of quotation"),
    routes=(
        form_route(f"/g/{{group}}/{QUOTATION}", quotation_page, handle_quotation_post),
        form_route(f"/g/{{group}}/{LEDGER}", ledger_page, handle_ledger_post),
        page_route(f"/g/{{group}}/{LEDGER}.csv", ledger_file),
        form_route(f"/lists/{{id}}/{DISTRIBUTION}", distribution_page, handle_distribution_post),
        static_route("quotation"),
    ),
    links=(
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, QUOTATION, translatable("Right of quotation"), Action.MANAGE),
        FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, LEDGER, translatable("Ledger of quotations"), Action.MANAGE),
        FeatureLink(LinkLocation.REVIEW_OF_LIST, DISTRIBUTION, translatable("Record a distribution"), is_on=can_record),
    ),
    help=HelpSection("listes", Path(__file__).parent),
)
