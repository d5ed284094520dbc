"""The sample library of `kb demo`: for each group a file of items, a vocabulary and saved searches."""

import json
from contextlib import ExitStack

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession
from kb.cli.import_pipeline import CommandLineImport, ImportSource
from kb.formats.json_lines import JSON_LINES
from kb.formats.skos.reader import read_skos
from kb.package_data import samples_dir
from kb.services.imports.import_report import ImportOptions
from kb.services.search.saved_searches import create_saved_search
from kb.services.vocabulary.vocabularies import import_vocabulary

_SEARCHES = ".saved.json"
_VOCABULARY = ".vocabulary.ttl"


def load_samples(session: CommandSession) -> None:
    """Import the sample library into an empty database."""
    with ExitStack() as opened:
        files = sorted(samples_dir().glob("*.jsonl"))
        sources = [ImportSource(path.name, JSON_LINES, opened.enter_context(path.open("rb"))) for path in files]
        CommandLineImport(session, ImportOptions()).run(sources)
    _load_vocabularies_and_searches(session)
    session.report("The sample library was loaded.")


def _load_vocabularies_and_searches(session: CommandSession) -> None:
    with session.library() as library:
        for path in sorted(samples_dir().glob(f"*{_VOCABULARY}")):
            import_vocabulary(library, OPERATOR, path.name.removesuffix(_VOCABULARY), read_skos(path.read_bytes()))
        for path in sorted(samples_dir().glob(f"*{_SEARCHES}")):
            group = path.name.removesuffix(_SEARCHES)
            for search in json.loads(path.read_text(encoding="utf-8")):
                create_saved_search(library, OPERATOR, group, search["name"], search["parameters"])
