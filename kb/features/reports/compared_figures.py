"""The figures of a report beside those of the period before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kb.features.reports.activity_report import ActivityReport, ReportRow
from kb.features.reports.report_period import period_name
from kb.features.reports.report_tables import figure_names
from kb.model.items.tag import tag_form
from kb.translation import Translator
from kb.web.ui.display_text import Link

MOST_TOP = 5
"""Rows of a table of the page."""


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """A figure with its name and the sentence that compares it, empty without a period before; `href` is the address of
    what it counts, if any.
    """

    name: str
    number: str
    comparison: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class TopTable:
    """The values with most saved items: `rows` are links with their numbers, of this period and of the one before.
    `before` is empty if they have none there.
    """

    id: str
    title: str
    now: str
    before: str
    rows: tuple[tuple[Link, str, str], ...]


def compared_figures(report: ActivityReport, saved: str, translator: Translator) -> tuple[ComparedFigure, ...]:
    """The four figures; `saved` is the address of the items that the first one counts."""
    before, earlier = report.before, before_name(report, translator)
    return tuple(
        ComparedFigure(
            name,
            translator.number(now),
            _comparison(now, before.total.numbers[place], earlier, translator) if before else "",
            "" if place else saved,
        )
        for place, (name, now) in enumerate(zip(figure_names(translator), report.total.numbers, strict=True))
    )


def before_name(report: ActivityReport, translator: Translator) -> str:
    """The name of the period before; empty without one."""
    return period_name(report.before.first, report.before.last, translator) if report.before else ""


def _comparison(now: int, before: int, name: str, translator: Translator) -> str:
    """“41 (October 2026), + 46 %”; empty if nothing was done in either period."""
    _ = translator.gettext
    if not before:
        return _("nothing (%(period)s)", period=name) if now else ""
    number = translator.number(before)
    if now == before:
        return _("%(number)s (%(period)s)", number=number, period=name)
    share = round(100 * (now - before) / before)
    return _(
        "%(number)s (%(period)s), %(sign)s %(share)s %%",
        number=number,
        period=name,
        sign="+" if share >= 0 else "−",
        share=translator.number(abs(share)),
    )


def top_tables(
    report: ActivityReport, now: str, translator: Translator, address: Callable[..., str]
) -> Iterator[TopTable]:
    """The first groups of the site, tags and sources; `now` names the period."""
    _, before = translator.gettext, report.before
    kinds = (
        ("group", _("Groups"), report.groups if report.group is None else (), None),
        ("tag", _("Tags"), report.tags, before.tags if before else None),
        ("source", _("Sources"), report.sources, before.sources if before else None),
    )
    for id_, title, rows, earlier in kinds:
        saved = [row for row in rows if row.value and row.figures.saved][:MOST_TOP]
        if saved:
            numbers = [earlier.get(_key(id_, row), 0) if earlier else 0 for row in saved]
            yield TopTable(
                id_,
                title,
                now,
                before_name(report, translator) if any(numbers) else "",
                tuple(
                    (
                        Link(row.label, address(**{id_: row.value})),
                        translator.number(row.figures.saved),
                        translator.number(number) if any(numbers) else "",
                    )
                    for row, number in zip(saved, numbers, strict=True)
                ),
            )


def _key(id_: str, row: ReportRow) -> str:
    return tag_form(row.value) if id_ == "tag" else row.value
