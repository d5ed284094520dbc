"""The addresses of newsletters, and the link to them from a group."""

from pathlib import Path

from starlette.routing import Route

from kb.errors import translatable
from kb.features.newsletters.archive_pages import (
    archive_feed,
    archive_page,
    archive_without_slash,
    get_logo,
    handle_archive_post,
    handle_issue_post,
    handle_letters_post,
    issue_page,
    letters_page,
)
from kb.features.newsletters.issue_pages import draft_page, handle_draft_post, preview_page
from kb.features.newsletters.letter_page import DRAFTS, LOGO, MANAGE, PREVIEW
from kb.features.newsletters.manage_pages import LARGEST_FORM, handle_manage_post, manage_page
from kb.features.newsletters.newsletters import LETTERS
from kb.features.newsletters.refused_panel import REFUSED_PANEL
from kb.features.newsletters.review_button import NEWSLETTER, REVIEW_PANEL, handle_review_post
from kb.features.newsletters.stop_page import confirm_page, handle_confirm, handle_stop, stop_page
from kb.web.http.context import FeatureLink, FeatureWeb, HelpSection, LinkLocation
from kb.web.http.endpoint import action_route, call_endpoint, form_route, page_route
from kb.web.http.files.static_files import static_route
from kb.web.pages.lists.press_review import LARGEST_REVIEW_FORM

_LETTERS = f"/g/{{group}}/{LETTERS}"
_LETTER = f"{_LETTERS}/{{letter}}"
_DRAFT = f"{_LETTER}/{DRAFTS}/{{issue}}"

WEB = FeatureWeb(
    translatable("newsletters"),
    routes=(
        form_route(_LETTERS, letters_page, handle_letters_post),
        page_route(f"{_LETTER}.atom", archive_feed),
        page_route(_LETTER, archive_without_slash),
        form_route(f"{_LETTER}/", archive_page, handle_archive_post),
        form_route(f"{_LETTER}/{MANAGE}", manage_page, handle_manage_post, largest_body=LARGEST_FORM),
        page_route(f"{_LETTER}/{LOGO}", get_logo),
        form_route(f"{_LETTER}/{{number}}", issue_page, handle_issue_post),
        form_route(_DRAFT, draft_page, handle_draft_post),
        page_route(f"{_DRAFT}/{PREVIEW}", preview_page),
        action_route(f"/lists/{{id}}/{NEWSLETTER}", handle_review_post, largest_body=LARGEST_REVIEW_FORM),
        Route("/letters/confirm/{key}", call_endpoint(confirm_page, handle_confirm), methods=("GET", "POST")),
        Route("/letters/stop/{key}", call_endpoint(stop_page, handle_stop), methods=("GET", "POST")),
        static_route("newsletters"),
    ),
    links=(FeatureLink(LinkLocation.SHARED_GROUP_OUTPUT, LETTERS, translatable("Newsletters")),),
    panels=(REFUSED_PANEL, REVIEW_PANEL),
    help=HelpSection("suivre", Path(__file__).parent),
)
