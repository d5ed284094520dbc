"""A report as a document for Word or as a PDF, laid out as a press review is."""

from kb.features.reports.activity_report import ActivityReport
from kb.features.reports.compared_figures import before_name, compared_figures, top_tables
from kb.features.reports.records import NotableItem
from kb.features.reports.report_period import ReportPeriod, period_name
from kb.press_review.review import PressReview, ReviewedItem, ReviewSection
from kb.translation import Translator
from kb.web.http.context import RequestContext


def report_document(report: ActivityReport, period: ReportPeriod, name: str, context: RequestContext) -> PressReview:
    """The figures, the first values and the notable items. `name` is that of the group or of the site."""
    translator, now = context.translator, period_name(period.first, period.last, context.translator)
    _ = translator.gettext
    earlier = before_name(report, translator)
    figures = [
        ", ".join(filter(None, (f"{figure.name}{_(':')} {figure.number}", figure.comparison)))
        for figure in compared_figures(report, "", translator)
    ]
    tops = tuple(
        ReviewSection(
            table.title,
            "\n\n".join(_row(link.label, number, before, earlier, translator) for link, number, before in table.rows),
        )
        for table in top_tables(report, now, translator, lambda **_filters: "")
    )
    base = context.library.settings.base_url
    notable = tuple(
        ReviewedItem(
            item.title or _("Without a title"),
            source=item.source,
            published=", ".join(filter(None, (translator.period(item.published), notable_words(item, translator)))),
            link=base + context.addresses.item(item.id),
        )
        for item in report.notable
    )
    entries = (ReviewSection(_("To remember"), entries=notable),) if notable else ()
    return PressReview(
        title=f"{_('Activity report')}{_(':')} {now}",
        dated="",
        publisher=name,
        language=translator.language,
        introduction="\n".join(figures),
        sections=(*tops, *entries),
    )


def _row(label: str, number: str, before: str, earlier: str, translator: Translator) -> str:
    colon = translator.gettext(":")
    return f"{label}{colon} {number}" + (f" ({earlier}{colon} {before})" if before else "")


def notable_words(item: NotableItem, translator: Translator) -> str:
    """How much was written about an item; if nothing, how often it was opened."""
    written, opened = item.figures.written, item.figures.opened
    if written:
        return translator.ngettext("%(count)s annotation", "%(count)s annotations", written)
    return translator.ngettext("%(count)s opening", "%(count)s openings", opened)
