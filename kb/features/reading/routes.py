"""The addresses of the reading view, of the pages of a PDF, and of their files."""

from pathlib import Path

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.reading.changed_passages_page import CHANGED_PASSAGES, changed_passages_page
from kb.features.reading.copy_picture import copy_picture
from kb.features.reading.passage_anchors import annotation_facts
from kb.features.reading.pdf_pages import PDFJS_ROUTE, pdf_pages
from kb.features.reading.reading_head import PAGES, READ, VERSIONS
from kb.features.reading.reading_view import PICTURE, reading_view
from kb.features.reading.versions_page import handle_versions_post, item_panel, versions_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation, Panel, PanelLocation
from kb.web.http.endpoint import form_route, page_route
from kb.web.http.files.static_files import static_route

WEB = FeatureWeb(
    translatable("reading view"),
    routes=(
        page_route(f"/items/{{id}}/{READ}", reading_view),
        page_route(f"/items/{{id}}/{READ}/{PICTURE}/{{name}}", copy_picture, blocking=True),
        page_route(f"/items/{{id}}/{PAGES}", pdf_pages),
        form_route(f"/items/{{id}}/{VERSIONS}", versions_page, handle_versions_post),
        page_route(f"/g/{{group}}/{CHANGED_PASSAGES}", changed_passages_page),
        static_route("reading"),
        PDFJS_ROUTE,
    ),
    links=(
        FeatureLink(LinkLocation.ITEM_TEXT, READ, translatable("Read it here")),
        FeatureLink(LinkLocation.SHARED_GROUP, CHANGED_PASSAGES, translatable("Changed passages"), Action.CONTRIBUTE),
    ),
    panels=(Panel(PanelLocation.ITEM, item_panel),),
    annotation_facts=annotation_facts,
    help=HelpSection("surligner", Path(__file__).parent),
)
