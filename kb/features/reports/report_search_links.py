"""The searches that the figures of a report lead to: the items that it counts, as links."""

from dataclasses import replace

from kb.features.reports.activity_report import ActivityReport
from kb.features.reports.records import Figures
from kb.features.reports.report_period import ReportPeriod
from kb.model.items.tag import tag_form
from kb.model.search_request import MAX_VALUE, MAX_VALUES, DateKind, SearchRequest, View
from kb.web.http.context import RequestContext


def filter_param(context: RequestContext, name: str) -> str:
    """The value of a filter of the report; empty if nothing is chosen."""
    return context.param(name).strip()[:MAX_VALUE]


def saved_items_address(context: RequestContext, period: ReportPeriod, report: ActivityReport) -> str:
    """The list of the items that were saved in the period, which can be exported; empty if there are none.

    A search of the site finds items of people's own libraries too: the report of the site leads to the groups that it
    names, if these are all that it counts.
    """
    if not report.total.saved:
        return ""
    selected = _with_filters(context, counted_items(period, report, report.total))
    if report.group is None:
        rows = [row for row in report.groups if row.figures.saved]
        if len(rows) > MAX_VALUES or sum(row.figures.saved for row in rows) != report.total.saved:
            return ""
        selected = replace(selected, group=tuple(row.value for row in rows))
    return context.addresses.search(selected)


def _with_filters(context: RequestContext, counted: SearchRequest) -> SearchRequest:
    """The search with the filters of the report."""
    author, tag, source = (
        (value,) if (value := filter_param(context, name)) else () for name in ("person", "tag", "source")
    )
    return replace(counted, author=author, tag=tag, source=source)


def row_address(context: RequestContext, counted: SearchRequest, kind: str, values: tuple[str, ...]) -> str:
    """The permanent link of a row of a table: its item, or a search for what it counts."""
    addresses, value, counted = context.addresses, values[0], _with_filters(context, counted)
    match kind:
        case "item":
            path = addresses.item(value)
        case "group":
            path = addresses.search(replace(counted, group=(value,)))
        case "period":
            path = addresses.search(replace(counted, date_from=value, date_to=value, date=DateKind.ADDED))
        case "person-tag":
            path = addresses.search(replace(counted, author=(value,), tag=_both(counted.tag, values[1])))
        case "person":
            path = addresses.search(replace(counted, author=(value,)))
        case "tag":
            path = addresses.search(replace(counted, tag=_both(counted.tag, value)))
        case _:
            path = addresses.search(replace(counted, source=(value,)))
    return context.library.settings.base_url + path


def _both(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    """The tags, and another one unless they have a spelling of it."""
    return tags if tag_form(tag) in map(tag_form, tags) else (*tags, tag)


def counted_items(period: ReportPeriod, report: ActivityReport, figures: Figures) -> SearchRequest:
    """What a row counts: the items saved in the period; without any, the passages written in it; without any, the items
    of all times, of which some were opened.
    """
    first, last = period.first.isoformat(), period.last.isoformat()
    everything = SearchRequest(group=(report.group.slug,) if report.group else ())
    if not (figures.saved or figures.annotated or figures.commented):
        return everything
    view = View.ITEMS if figures.saved else View.PASSAGES
    return replace(everything, date_from=first, date_to=last, date=DateKind.ADDED, view=view)
