"""The column of each field in a table, as its user chose: kept with the name of the format, `csv?title=Sujet`."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from kb.errors import Invalid, translatable
from kb.model.bibliographic_record import RECORD_NAMES

COLUMNS_LEFT_OUT = translatable("These columns were left out: %(columns)s.")
"""The message of the warning on columns that are no field."""
_TABLE = "csv"
_LONGEST = 40_000
"""Characters of a format with all its columns."""
_LONGEST_COLUMN = 200
_SUBJECTS = ("mot-clé", "mot clé", "thème", "thèmes", "thématique", "sujet", "sujets", "subject", "subjects", "topics")
_ADDED = ("date d'ajout", "date d’ajout", "ajouté le", "date", "ajouté", "highlighted at")
_USUAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "titre", "nom", "name", "book title", "intitulé"),
    "url": ("url", "adresse", "lien", "link", "href", "address", "uri", "source url", "adresse web"),
    "description": ("description", "résumé", "summary", "abstract", "excerpt", "chapô", "extrait"),
    "tags": ("tags", "étiquettes", "etiquettes", "mots-clés", "mots clés", "keywords", "tag", *_SUBJECTS),
    "byline": ("byline", "author", "auteur", "auteurs", "authors", "book author"),
    "source": ("source", "publication", "site", "revue", "journal"),
    "publisher": ("publisher", "éditeur", "editeur"),
    "document_type": ("document_type", "type", "type de document", "type of document", "item type"),
    "volume": ("volume", "tome"),
    "issue": ("issue", "numéro", "numero", "n°", "no"),
    "page_range": ("page_range", "pages"),
    "published": (
        *("published", "date de publication", "publié le", "publication date", "parution", "date de parution"),
        *("publié", "année", "year"),
    ),
    "language": ("language", "langue", "lang"),
    "added": ("added", "created", "created_at", *_ADDED),
    "highlight": ("highlight", "surlignage", "citation", "quote"),
    "note": ("note", "notes", "commentaire", "commentaires", "comment", "comments", "remarque", "remarques"),
    "folder": ("folder", "dossier", "collection"),
}
FIELD_COLUMNS: Mapping[str, tuple[str, ...]] = _USUAL_COLUMNS | {
    name: (name,) for name in RECORD_NAMES if name not in _USUAL_COLUMNS
}
"""The usual columns of each field of an item for which a column can be chosen, in lower case."""
COLUMN_FIELDS = tuple(FIELD_COLUMNS)


def format_with_columns(columns: Mapping[str, str]) -> str:
    """The format of a table whose fields are in these columns. Raises Invalid for an unknown field or a long name."""
    chosen = {field: " ".join(name[: _LONGEST_COLUMN + 1].split()) for field, name in columns.items()}
    if unknown := next((field for field in chosen if field not in COLUMN_FIELDS), None):
        raise Invalid(
            "“%(field)s” is no field of an item: choose one of %(fields)s.",
            field=unknown[:40],
            fields=", ".join(COLUMN_FIELDS),
        )
    if any(len(name) > _LONGEST_COLUMN for name in chosen.values()):
        raise Invalid("The name of a column has at most %(limit)s characters.", limit=_LONGEST_COLUMN)
    query = urlencode({field: name for field, name in chosen.items() if name})
    return f"{_TABLE}?{query}" if query else _TABLE


def split_columns(form: str) -> tuple[str, dict[str, str]]:
    """The name of a format, and the column of each field that was chosen."""
    name, _, query = form[:_LONGEST].partition("?")
    return (name, dict(parse_qsl(query))) if name == _TABLE else (form, {})
