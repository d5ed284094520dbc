"""The report of activity of a group (`/g/<group>/report`) and of the site (`/admin/report`), as a page and as CSV.

`format=csv&table=…` is one table as a file, `format=zip` all of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import Invalid
from kb.features.reports.activity_chart import ActivityChart, chart_of, periods_between
from kb.features.reports.activity_report import ActivityReport, ReportQuery, ReportRow, group_report, site_report
from kb.features.reports.compared_figures import (
    ComparedFigure,
    TopTable,
    before_name,
    compared_figures,
    top_tables,
)
from kb.features.reports.records import Figures
from kb.features.reports.report_document import notable_words, report_document
from kb.features.reports.report_period import Preset, ReportPeriod, period_name, period_of
from kb.features.reports.report_search_links import counted_items, filter_param, row_address, saved_items_address
from kb.features.reports.report_tables import (
    CsvTable,
    csv_tables,
    figure_names,
    saved_items_table,
)
from kb.formats.shared.zip_stream import ZipStream
from kb.model.slugs import slug_of
from kb.model.written_dates import day_first
from kb.services.exports.exports import exported_items
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedFile
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.admin.admin_layout import AdminHeader, admin_header, administrators_only
from kb.web.pages.lists.review_file import review_file
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import LIBRARY, GroupHeader, header_of_group
from kb.web.ui.rendering import render
from kb.web.ui.table_files import CSV, CSV_SUFFIX, table_content, table_file

REPORT = "report"
"""The end of the addresses."""
_ZIP = "zip"
_FILTERS = ("group", "person", "tag", "source", "views")
_WITHOUT_ADMINISTRATORS = "readers"
"""The value of `views` that leaves the openings of administrators out."""


@dataclass(frozen=True, slots=True)
class ReportForm:
    """The period and the filters to choose. `errors` are by field; `hidden` are parameters to keep.

    `groups` are (slug, name, is chosen); without any, the report is of one group. `people` are alike; without any, the
    actor may not choose a person. `is_open`: a value is invalid.
    """

    date_from: str
    date_to: str
    errors: dict[str, str]
    tag: str
    source: str
    without_administrators: bool
    groups: tuple[tuple[str, str, bool], ...]
    people: tuple[tuple[str, str, bool], ...]
    tags: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    hidden: Pairs
    is_open: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`figures` are without openings for a person; `chips` remove one filter each; `files` are the downloads. `name` is
    that of the group or the site. `notable` are items with their facts and what is to be said of them. `people` says
    how many contributed, to those who find their figures in the ZIP file.
    """

    head: GroupHeader | AdminHeader
    name: str
    period: str
    presets: tuple[Link, ...]
    form: ReportForm
    chips: tuple[Link, ...]
    files: tuple[Link, ...]
    before: str
    figures: tuple[ComparedFigure, ...]
    chart: ActivityChart | None
    tables: tuple[TopTable, ...]
    notable: tuple[tuple[Link, str, str], ...]
    people: tuple[str, ...]
    is_empty: bool
    notes: tuple[str, ...]
    feeds: tuple[str, ...]


def group_report_page(context: RequestContext) -> Response:
    """The report of a group, for its members."""
    period = period_of(context)
    report = group_report(context.library, context.actor, context.path_params["group"], _query(context, period))
    (group,) = report.choices
    if context.param("format"):
        return _file(context, period, report, of_site=False)
    own = context.translator.gettext("Activity report") if group.is_personal else ""
    head = header_of_group(context, group, LIBRARY if own else REPORT, below=own)
    return render(context, "reports/group_report.html", _page(context, period, report, head, of_site=False))


@administrators_only
def site_report_page(context: RequestContext) -> Response:
    """The report of all shared groups, for administrators."""
    period = period_of(context)
    report = site_report(context.library, context.actor, _query(context, period))
    if context.param("format"):
        return _file(context, period, report, of_site=True)
    page = _page(context, period, report, admin_header(context, REPORT), of_site=True)
    return render(context, "reports/site_report.html", page)


def _query(context: RequestContext, period: ReportPeriod) -> ReportQuery:
    return ReportQuery(
        period.first,
        period.last,
        login=filter_param(context, "person"),
        tag=filter_param(context, "tag"),
        source=filter_param(context, "source"),
        group=filter_param(context, "group"),
        administrators=context.param("views") != _WITHOUT_ADMINISTRATORS,
        with_items=context.param("format") == _ZIP or context.param("table") == "saved",
        with_all_rows=context.param("format") in {CSV, _ZIP},
        compared=context.param("format") not in {CSV, _ZIP},
    )


def _address(context: RequestContext, **changes: str) -> str:
    """The address of this report with other parameters; an empty one is left out."""
    parameters = {name: filter_param(context, name) for name in ("period", "from", "to", *_FILTERS)} | changes
    pairs = tuple((name, value) for name, value in parameters.items() if value)
    slug = context.path_params.get("group")
    return context.addresses.group(slug, REPORT, pairs) if slug else context.addresses.admin(REPORT, pairs=pairs)


def _page(
    context: RequestContext,
    period: ReportPeriod,
    report: ActivityReport,
    head: GroupHeader | AdminHeader,
    *,
    of_site: bool,
) -> ReportPage:
    translator = context.translator
    _ = translator.gettext
    preset_names = {
        Preset.LAST_MONTH: _("Last month"),
        Preset.THIS_MONTH: _("This month"),
        Preset.THIS_QUARTER: _("This quarter"),
        Preset.THIS_YEAR: _("This year"),
    }
    return ReportPage(
        head=head,
        name=report.group.name if report.group else context.site_name,
        period=period_name(period.first, period.last, translator),
        presets=tuple(
            Link(name, _address(context, period=preset, **{"from": "", "to": ""}), current=preset is period.preset)
            for preset, name in preset_names.items()
        ),
        form=_form(context, period, report, of_site=of_site),
        chips=_chips(context, report),
        files=tuple(
            Link(name, _address(context, format=form))
            for form, name in (
                ("docx", _("Word document")),
                ("pdf", _("PDF")),
                (_ZIP, _("All tables (CSV, ZIP)")),
            )
        ),
        before=before_name(report, translator),
        figures=compared_figures(report, saved_items_address(context, period, report), translator)[
            : 3 if filter_param(context, "person") else 4
        ],
        chart=_chart(period, report, translator),
        tables=tuple(
            top_tables(
                report,
                period_name(period.first, period.last, translator),
                translator,
                lambda **filters: _address(context, **filters),
            )
        ),
        notable=tuple(_notable(context, report)),
        people=tuple(_people_sentences(report, translator)),
        is_empty=not report.total,
        notes=tuple(_notes(context, period, report)),
        feeds=_feeds(period, report, translator),
    )


def _form(context: RequestContext, period: ReportPeriod, report: ActivityReport, *, of_site: bool) -> ReportForm:
    translator, typed = context.translator, {name: value for name, value, _ in context.unread_dates}
    hidden = [("lang", context.choice.url_language or ""), ("period", filter_param(context, "period"))]
    return ReportForm(
        date_from=typed.get("from", day_first(period.typed_first)),
        date_to=typed.get("to", day_first(period.typed_last)),
        errors={name: translator.gettext(sentence) for name, _, sentence in context.unread_dates}
        | {name: _unknown_sentence(context, name) for name in report.unknown},
        tag=filter_param(context, "tag"),
        source=filter_param(context, "source"),
        without_administrators=context.param("views") == _WITHOUT_ADMINISTRATORS,
        groups=tuple((group.slug, group.name, group == report.group) for group in report.choices) if of_site else (),
        people=_person_options(filter_param(context, "person"), report),
        tags=tuple((tag.value, tag.label) for tag in report.tags[:20] if tag.value),
        sources=tuple((source.value, source.label) for source in report.sources[:20] if source.value),
        hidden=tuple(pair for pair in hidden if pair[1]),
        is_open=bool(context.unread_dates or report.unknown),
    )


def _person_options(selected: str, report: ActivityReport) -> tuple[tuple[str, str, bool], ...]:
    """The persons to choose from, by name; with the chosen one, who may be of another period."""
    if report.people is None:
        return ()
    names = {selected: selected} | dict(report.people_choices) if selected else dict(report.people_choices)
    by_name = sorted(names.items(), key=lambda choice: choice[1].casefold())
    return tuple((login, name, login == selected) for login, name in by_name)


def _unknown_sentence(context: RequestContext, name: str) -> str:
    value = filter_param(context, name)
    _ = context.translator.gettext
    match name:
        case "group":
            return _("There is no such group.")
        case "person":
            return _("Nothing is counted here for “%(value)s”, in any period: is the login right?", value=value)
        case "tag":
            return _("Nothing is counted here with the tag “%(value)s”, in any period.", value=value)
        case _:
            return _("Nothing is counted here from the source “%(value)s”, in any period.", value=value)


def _chips(context: RequestContext, report: ActivityReport) -> tuple[Link, ...]:
    """A link for each chosen filter, which removes it; `hint` is the name of the filter."""
    _ = context.translator.gettext
    labels = {person.value: person.label for person in report.people or ()} if report.people else {}
    names = {
        "group": (_("Group"), report.group.name if report.group else filter_param(context, "group")),
        "person": (_("Person"), labels.get(filter_param(context, "person"), filter_param(context, "person"))),
        "tag": (_("Tag"), filter_param(context, "tag")),
        "source": (_("Source"), filter_param(context, "source")),
        "views": (_("Openings"), _("without those of administrators")),
    }
    selected = [name for name in _FILTERS if filter_param(context, name)]
    return tuple(Link(names[name][1], _address(context, **{name: ""}), names[name][0]) for name in selected)


def _chart(period: ReportPeriod, report: ActivityReport, translator: Translator) -> ActivityChart | None:
    """The saved items in the course of the period, or the first figure that is not zero."""
    parts = _periods(period)
    if len(parts) < 2:
        return None
    for position, (id_, name) in enumerate(
        zip(("saved", "annotated", "commented", "opened"), figure_names(translator), strict=True)
    ):
        counts = {row.value: row.figures.numbers[position] for row in report.periods}
        if any(counts.values()):
            return chart_of(id_, name, parts, counts, translator)
    return None


def _notable(context: RequestContext, report: ActivityReport) -> Iterator[tuple[Link, str, str]]:
    translator = context.translator
    for item in report.notable:
        about = ", ".join(filter(None, (item.source, translator.period(item.published))))
        label = item.title or translator.gettext("Without a title")
        yield Link(label, context.addresses.item(item.id)), about, notable_words(item, translator)


def _people_sentences(report: ActivityReport, translator: Translator) -> Iterator[str]:
    if report.people is None:
        return
    count = sum(bool(row.value) for row in report.people)
    if count:
        yield translator.ngettext("%(count)s person contributed.", "%(count)s persons contributed.", count)
    yield translator.gettext(
        "Figures about persons are in the ZIP file alone. They serve to organise the work of the group, and must not "
        "be used to appraise agents (GDPR, article 5, paragraph 1, point b: purpose limitation)."
    )


def _periods(period: ReportPeriod) -> tuple[str, ...]:
    return periods_between(period.first, period.last, ReportQuery(period.first, period.last).precision)


def _with_all_periods(period: ReportPeriod, report: ActivityReport) -> ActivityReport:
    """A report with rows of zeros for the parts of the period without activity, unless nothing has any."""
    rows = {row.value: row for row in report.periods}
    parts = sorted({*rows, *_periods(period)}) if rows else ()
    return replace(report, periods=tuple(rows.get(part, ReportRow(part, part, Figures())) for part in parts))


def _notes(context: RequestContext, period: ReportPeriod, report: ActivityReport) -> Iterator[str]:
    """How openings are counted, and since when."""
    translator, since = context.translator, report.views_since
    _ = translator.gettext
    if filter_param(context, "person"):
        yield _("Openings are not shown for a person: the site does not know who opens a page.")
        return
    yield _(
        "An opening is a click that leads to the original page. A reader counts once a day for each page; the site "
        "keeps no record of who opened what, on purpose. The views of an item are all its openings, and those that "
        "came with its import."
    )
    if since is None:
        yield _("No opening has been counted yet.")
    elif period.first.isoformat() < since:
        yield _("Openings are known by day since %(day)s.", day=translator.instant(since))


def _feeds(period: ReportPeriod, report: ActivityReport, translator: Translator) -> tuple[str, ...]:
    feeds = report.feeds
    counted = translator.gettext(
        "Private feeds: %(feeds)s, of so many people: %(people)s. Read since %(day)s: %(read)s.",
        feeds=feeds.feeds,
        people=feeds.people,
        day=translator.day(period.first),
        read=feeds.read,
    )
    others = translator.gettext(
        "Public feeds are read without an account and without a cookie: how many people follow them cannot be known."
    )
    return counted, others


def _file(context: RequestContext, period: ReportPeriod, report: ActivityReport, *, of_site: bool) -> Response:
    """The report as a document, one table as CSV, or all in a ZIP. Raises Invalid for an unknown table or form."""
    if context.param("format") not in {CSV, _ZIP}:
        name = report.group.name if report.group else context.site_name
        document = report_document(report, period, name, context)
        return review_file(context, document, context.param("format"))
    translator, table_id = context.translator, context.param("table") or "period"
    tables = {
        table.id: table
        for table in csv_tables(
            _with_all_periods(period, report),
            translator,
            lambda kind, values, figures: row_address(context, counted_items(period, report, figures), kind, values),
            of_site=of_site,
        )
    }
    addresses, base = context.addresses, context.library.settings.base_url
    items = exported_items(context.library, context.actor, report.saved_ids)
    saved = saved_items_table(report, items, translator, lambda item_id: base + addresses.item(item_id))
    tables[saved.id] = saved
    if table_id not in tables:
        raise Invalid("There is no table “%(table)s”: there are %(known)s.", table=table_id, known=", ".join(tables))
    name = report.group.name if report.group else context.site_name
    title = f"{translator.gettext('Activity report')} {name} {period_name(period.first, period.last, translator)}"
    if context.param("format") == CSV:
        table = tables[table_id]
        return table_file(context, table.lines, f"{title} {table.name}")
    pieces = _zip_chunks((table for table in tables.values() if table.has_rows), translator)
    return StreamedFile(pieces, context.credentials, title, suffix=".zip", media_type="application/zip")


def _zip_chunks(tables: Iterable[CsvTable], translator: Translator) -> Iterator[bytes]:
    stream = ZipStream()
    with stream.zip_file() as archive:
        for table in tables:
            with archive.open(f"{slug_of(table.name)}{CSV_SUFFIX}", "w") as file:
                for line in table_content(table.lines, translator):
                    file.write(line)
                    yield stream.taken()
    yield stream.taken()
