"""The addresses of the reports, and the links to them."""

from kb.access.actor import Action
from kb.errors import translatable
from kb.features.reports.pages import REPORT, group_report_page, site_report_page
from kb.web.http.context import FeatureLink, FeatureWeb, LinkLocation
from kb.web.http.endpoint import page_route
from kb.web.http.typed_dates import with_typed_dates

_LABEL = translatable("Activity report")

WEB = FeatureWeb(
    translatable("reports of activity"),
    routes=(
        page_route(f"/g/{{group}}/{REPORT}", with_typed_dates(group_report_page, has_form=True)),
        page_route(f"/admin/{REPORT}", with_typed_dates(site_report_page, has_form=True)),
    ),
    links=(
        FeatureLink(LinkLocation.SHARED_GROUP, REPORT, _LABEL, Action.READ_REPORT),
        FeatureLink(LinkLocation.ADMINISTRATION, REPORT, _LABEL),
    ),
)
