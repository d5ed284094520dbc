"""`kb vocabulary`: the vocabularies of groups."""

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandMisused, CommandSession, json_option, print_json, print_line
from kb.cli.files import open_output, read_input, replace_option
from kb.errors import translatable
from kb.formats.skos.rdf_parser import LARGEST_RDF_FILE, TURTLE
from kb.formats.skos.reader import read_skos
from kb.formats.skos.writer import AUTO, SKOS_FORMATS, write_skos
from kb.model.vocabulary import Concept, Vocabulary, is_language_tag
from kb.services.vocabulary.vocabularies import (
    NewConcept,
    VocabularyReport,
    add_concept,
    group_vocabulary,
    import_vocabulary,
    remove_label,
)

_group = click.option("--group", metavar="SLUG", required=True, help="The group of the vocabulary.")


@click.group()
def vocabulary() -> None:
    """Manage the vocabularies of groups: synonyms, broader and narrower terms for searches."""


@vocabulary.command("import")
@_group
@click.argument("file")
@click.option("--format", "form", type=click.Choice([AUTO, *SKOS_FORMATS]), default=AUTO, show_default=True)
@click.option(
    "--replace", "instead", is_flag=True, help="Replace the vocabulary of the group, instead of adding to it."
)
@click.option("--dry-run", is_flag=True, help="Report what would change, and change nothing.")
@json_option("the report")
@click.pass_obj
def import_vocabulary_command(
    session: CommandSession, group: str, file: str, form: str, *, instead: bool, dry_run: bool, as_json: bool
) -> None:
    """Import a vocabulary in SKOS (Turtle, RDF/XML or JSON-LD); - is standard input."""
    read = read_skos(read_input(file, LARGEST_RDF_FILE + 1), form)
    with session.library() as library:
        report = import_vocabulary(library, OPERATOR, group, read, instead=instead, dry_run=dry_run)
    if as_json:
        print_json(_report_shape(report))
    else:
        _print_report(session, report)


@vocabulary.command("export")
@_group
@click.option("--format", "form", type=click.Choice([*SKOS_FORMATS]), default=TURTLE, show_default=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The file to write; it appears only if the export succeeds [standard output].",
)
@replace_option
@click.pass_obj
def export_vocabulary_command(
    session: CommandSession, /, *, group: str, form: str, output: str | None, replace: bool
) -> None:
    """Export the vocabulary of a group in SKOS."""
    with session.library() as library:
        content = write_skos(group_vocabulary(library, OPERATOR, group)[1], form)
    with open_output(output, replace=replace) as opened:
        opened.write(content)


@vocabulary.command("list")
@_group
@json_option("the list")
@click.pass_obj
def list_concepts_command(session: CommandSession, group: str, *, as_json: bool) -> None:
    """List the concepts: preferred label, synonyms, broader concepts."""
    with session.library() as library:
        known = group_vocabulary(library, OPERATOR, group)[1]
    language = session.settings.language
    rows = sorted(known.concepts, key=lambda concept: (concept.label(language).casefold(), concept.uri))
    session.print_list(
        rows,
        as_json=as_json,
        shape=lambda concept: _shape(known, concept, language),
        columns=lambda concept: (
            concept.label(language),
            ", ".join(label.text for label in concept.alternative),
            ", ".join(_labels(known, concept.broader, language)),
        ),
        empty=translatable(
            "This group has no vocabulary yet: create one with “kb vocabulary add” or “kb vocabulary import”."
        ),
    )


@vocabulary.command("add")
@_group
@click.argument("label")
@click.option("--synonym", "synonyms", multiple=True, metavar="LABEL", help="A synonym. May be repeated.")
@click.option(
    "--hidden", multiple=True, metavar="LABEL", help="A hidden label, recognised and never shown. May be repeated."
)
@click.option("--broader", multiple=True, metavar="LABEL", help="A broader concept. May be repeated.")
@click.option("--narrower", multiple=True, metavar="LABEL", help="A narrower concept. May be repeated.")
@click.option("--related", multiple=True, metavar="LABEL", help="A related concept. May be repeated.")
@click.option("--definition", default="", metavar="TEXT", help="The definition.")
@click.option(
    "--lang", "language", metavar="CODE", help="The language of the labels and the definition [that of the site]."
)
@click.pass_obj
def add_concept_command(
    session: CommandSession,
    /,
    group: str,
    label: str,
    *,
    language: str | None,
    definition: str,
    **options: tuple[str, ...],
) -> None:
    """Add a concept by its preferred label, or add to the concept that has it; create the other concepts named."""
    code = (session.settings.language if language is None else language).lower()
    if not is_language_tag(code):
        raise CommandMisused("Invalid --lang %(language)s: expected a code such as fr or en.", language=code)
    adding = NewConcept(label, code, definition=definition, **options)
    with session.library() as library:
        added = add_concept(library, OPERATOR, group, adding)
    print_line(f"{added.label(code)}\t{added.uri}")


@vocabulary.command("remove")
@_group
@click.argument("label", metavar="LABEL|URI")
@click.pass_obj
def remove_concept_command(session: CommandSession, group: str, label: str) -> None:
    """Remove a concept by its preferred label or its URI, or remove a synonym from its concept."""
    with session.library() as library:
        concept, whole = remove_label(library, OPERATOR, group, label)
    name = concept.label(session.settings.language)
    if whole:
        session.report("The concept “%(name)s” is no longer in the vocabulary.", name=name)
    else:
        session.report("“%(label)s” is no longer a synonym of “%(name)s”.", label=label, name=name)


def _labels(known: Vocabulary, uris: tuple[str, ...], language: str) -> list[str]:
    return [concept.label(language) for uri in uris if (concept := known.get(uri))]


def _shape(known: Vocabulary, concept: Concept, language: str) -> dict[str, object]:
    return {
        "uri": concept.uri,
        "label": concept.label(language),
        "synonyms": [label.text for label in concept.alternative],
        "hidden": [label.text for label in concept.hidden],
        "broader": _labels(known, concept.broader, language),
        "related": _labels(known, concept.related, language),
    }


def _report_shape(report: VocabularyReport) -> dict[str, object]:
    counts = ("read", "added", "updated", "unchanged", "removed", "skipped")
    return {
        **{name: getattr(report, name) for name in counts},
        "warnings": [
            {"item": warning.item, "why": warning.why} if warning.item else {"why": warning.why}
            for warning in report.warnings
        ],
    }


def _print_report(session: CommandSession, report: VocabularyReport) -> None:
    translator = session.translator
    parts = (
        translator.ngettext("%(count)s concept read", "%(count)s concepts read", report.read),
        translator.ngettext("%(count)s added", "%(count)s added", report.added),
        translator.ngettext("%(count)s updated", "%(count)s updated", report.updated),
        translator.ngettext("%(count)s unchanged", "%(count)s unchanged", report.unchanged),
        translator.ngettext("%(count)s removed", "%(count)s removed", report.removed),
        translator.ngettext("%(count)s skipped", "%(count)s skipped", report.skipped),
    )
    print_line(", ".join(parts))
    for warning in report.warnings:
        why = translator.gettext(warning.message, **warning.values)
        print_line(f"{warning.item}{translator.gettext(':')} {why}" if warning.item else why)
