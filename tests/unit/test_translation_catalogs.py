"""Every message of the code and of the templates has a French translation, in French typography."""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import kb
import kb.web.ui.rendering
from kb.package_data import feature_template_dirs, locale_dir, templates_dir

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "report": None,
    "warning_of": None,
    "translatable": None,
    "draft_warning": (2,),
    "FlorilegeError": None,
    "FacetDefinition": (2,),
}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true"}
PROTOCOLS = ("features/harvest/",)
"""Packages whose errors are for programs, in English whatever the language of a request, as in OAI-PMH."""
PLACES = re.compile(r"%\((\w+)\)s")
NUMBERS = frozenset(
    "added announced bin changed count credentials documents done files found hours items left length limit log"
    " longest most least read skipped total unchanged unused updated".split()
)
"""The message parameters that are counts."""
NEVER_ONE = frozenset(
    {
        "You have %(limit)s files waiting, previews included: import or forget one of them first.",
        "You have sent %(limit)s files in a day: wait before you send another.",
        "The query has %(length)s characters; at most %(limit)s are read.",
        "You are downloading %(count)s files already: wait until one of them is there.",
        "The file has %(count)s concept schemes, of which none is kept: a group has one vocabulary.",
        "There are %(count)s tokens already: revoke some first.",
        "You may have %(limit)s private feeds at most: revoke some first.",
        "The group keeps %(count)s searches already: remove one first.",
        "Your reading list is full: it holds %(limit)s items.",
        "Only the first %(count)s rows are here.",
        "The first %(count)s of %(total)s items.",
        "The first %(count)s of %(total)s passages.",
        "The first %(count)s of %(total)s entries.",
        "%(done)s of %(total)s items",
        "%(done)s of %(total)s parts",
        "%(count)s passages and comments can be ticked here; the items after them keep the number chosen above.",
        "This link sets the password of “%(login)s”, once, within %(hours)s hours. It is shown only now.",
    }
)
"""Messages about a limit, or about an action in several parts: their number is two or more."""
# A number and a plural noun, with one word between them at most; "au plus" and the like mark a limit.
COUNTED = re.compile(r"%\((\w+)\)s (?:[a-zé]+ )?[a-zéèêàç-]+[sx]\b")
LIMITS = re.compile(
    r"(?:[Aa]t (?:most|least)|[Aa]u (?:plus|moins)|up to|longer than|larger than|more than|plus de|dépasse(?:raient)?"
    r"|1 (?:to|à)|0 (?:to|à|et)|from %\(least\)s to|have %\(least\)s to|de %\(least\)s à) %\(\w+\)s"
)
LIMITED = re.compile(r"%\(\w+\)s (?:[\w -]+ )?(?:at most|au plus|au maximum)")
UNITS = re.compile(r"%\(\w+\)s.(?:kB|MB|MiB|GB|ko|Mo|Mio|Go)\b")
# Errors of French typography: punctuation such as ";" after an ordinary space or none, a straight apostrophe.
FAULTS = {
    "an ordinary space before a mark": re.compile(r" [;:!?»]|« "),
    "a wide space before a mark": re.compile("\u00a0[;:!?»]|«\u00a0"),
    "no space before a mark": re.compile(r"[\w)»][;:!?](?=\s|$)|«[^\u202f]|[^\u202f]»"),
    "a straight apostrophe": re.compile(r"\w'\w"),
}


def sentences() -> Iterator[tuple[str, ...]]:
    """Each message of the program: one form, or two for a count."""
    for path in sorted(Path(kb.__file__).parent.rglob("*.py")):
        with path.open("rb") as source:
            for _, message, _, _ in extract("python", source, KEYWORDS):
                yield from spoken(message)
    folders = (templates_dir(), *feature_template_dirs().values())
    for path in sorted(path for folder in folders for path in folder.rglob("*.html")):
        with path.open("rb") as source:
            for _, _, message, _ in babel_extract(source, tuple(KEYWORDS), (), OPTIONS):
                yield from spoken(message)


def named() -> Iterator[tuple[str, ...]]:
    """Messages that are defined elsewhere than they are displayed: in errors, in variables called `message`, in
    constants.
    """
    package = Path(kb.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix().startswith(PROTOCOLS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[first, *_])) if not hasattr(builtins, name):
                    yield from ((text,) for text in strings(first))
                case ast.Assign(targets=[ast.Name(id="message")], value=value) if not is_counted(value):
                    yield tuple(strings(value))
        for statement in tree.body:
            match statement:
                case ast.Assign(targets=[ast.Attribute(attr="__doc__")]):
                    continue
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                yield from ((text,) for text in strings(statement.value) if text.endswith(".") and " " in text)


def counted_messages() -> set[str]:
    """The messages for one and for many that warnings and errors contain."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in Path(kb.__file__).parent.rglob("*.py"))
    return {text for tree in trees for node in ast.walk(tree) if is_counted(node) for text in strings(node)}


def is_counted(node: ast.AST) -> TypeGuard[ast.expr]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "counted"


def strings(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Dict(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Call(args=parts):
            for part in parts:
                yield from strings(part)


def spoken(message: object) -> Iterator[tuple[str, ...]]:
    forms = tuple(form for form in (message if isinstance(message, tuple) else (message,)) if form)
    if forms and any(character.isalpha() for character in re.sub(PLACES, "", forms[0])):
        yield forms if len(forms) == 2 and "%(count)s" in forms[1] else forms[:1]


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (locale_dir() / "fr" / "LC_MESSAGES" / "kb.po").open("rb") as source:
        return read_po(source, locale="fr", abort_invalid=True)


def test_every_sentence_is_said_in_french(french: Catalog) -> None:
    offered = set(kb.web.ui.rendering.AVAILABLE_IN.values())
    messages = set(sentences()) | {forms for forms in named() if forms and forms[0] not in offered}
    messages |= {(text,) for text in counted_messages()}
    assert len(messages) > 100
    missing = []
    for forms in sorted(messages):
        message = french.get(forms[0])
        answer = message.string if message else ""
        complete = all(answer) if isinstance(answer, tuple) else bool(answer)
        if not complete or (len(forms) == 2) != isinstance(answer, tuple) or (message and message.fuzzy):
            missing.append(forms)
    assert missing == []


def test_a_translation_has_the_values_of_its_sentence_and_no_other(french: Catalog) -> None:
    for message in french:
        keys = message.id if isinstance(message.id, tuple) else (message.id,)
        answers = message.string if isinstance(message.string, tuple) else (message.string,)
        expected = set(PLACES.findall(" ".join(keys)))
        if message.id:
            assert all(set(PLACES.findall(answer)) == expected for answer in answers), message.id
            assert not re.search(r"%\(\w+\)[^s]", "".join((*keys, *answers))), message.id


def test_french_typography_is_kept(french: Catalog) -> None:
    faults = []
    for message in french:
        answers = message.string if isinstance(message.string, tuple) else (message.string,)
        for answer in answers if message.id else ():
            # Addresses and query syntax are not French; their content is left out.
            bare = re.sub(r"(sqlite|whoosh|https?|étiquette):\S+", "…", answer)
            faults += [(fault, answer) for fault, pattern in FAULTS.items() if pattern.search(bare)]
    assert faults == []


@pytest.mark.parametrize(
    "message",
    [
        "Separated by commas. The group’s own tags are proposed as you type.",
        "One name for all of them",
        "Remove it from all items…",
        "Remove it from these items",
        "These look like the same tag",
        "These saved searches name it too, and stay as they are:",
        "The saved searches of the group that name it will follow:",
    ],
)
def test_a_tag_is_masculine_in_french(french: Catalog, message: str) -> None:
    translation = str(french[message].string)
    assert not re.search(
        r"\b(la|La|elles?|celles|Celles|toutes|une|proposées|citée)\b",
        translation.replace("la saisie", "").replace("telles", ""),
    ), translation


def test_french_names_a_role_and_a_reader_in_one_way(french: Catalog) -> None:
    texts = [str(message.string) for message in french if message.id and "chmod" not in str(message.id)]
    assert [text for text in texts if "propriétaire" in text.casefold()] == []
    assert [text for text in texts if "·e" in text] == []


def test_in_french_only_the_writer_of_a_page_or_a_text_is_its_author(french: Catalog) -> None:
    imported = [
        str(message.string)
        for message in french
        if "mported author" in str(message.id) or "author came" in str(message.id)
    ]
    assert imported
    assert [text for text in imported if "auteur" in text.casefold().replace("contributeur", "")] == []


def test_sizes_are_written_in_one_family_of_units(french: Catalog) -> None:
    """In powers of ten, as usual in France: Mo and Go, in English MB and GB."""
    binary = re.compile(r"\b[KMGT]i[oB]\b")
    texts = [text for message in french for side in (message.id, message.string) for text in spoken_texts(side)]
    assert texts
    assert [text for text in texts if binary.search(text)] == []


def spoken_texts(side: str | Iterable[str]) -> Iterable[str]:
    return (side,) if isinstance(side, str) else side


def numbers_before_nouns(text: str) -> list[str]:
    return [name for name in COUNTED.findall(LIMITED.sub("", LIMITS.sub("", UNITS.sub("", text)))) if name in NUMBERS]


def test_a_number_before_a_noun_has_a_form_for_one(french: Catalog) -> None:
    """So that no page says "1 signets": `counted` selects the form of a warning or an error."""
    two_forms = counted_messages() | NEVER_ONE
    single = [
        message
        for message in french
        if message.id and not isinstance(message.id, tuple) and message.id not in two_forms
    ]
    assert [message.id for message in single if numbers_before_nouns(f"{message.id} {message.string}")] == []
    assert {str(message.id) for message in french} >= NEVER_ONE


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("%(name)s was restored: %(items)s items, change %(change)s.", True),
        ("%(count)s autres avertissements ne sont pas montrés.", True),
        ("%(name)s was restored: %(items)s, change %(change)s.", False),
        ("At most %(limit)s items are merged.", False),
        ("Une sélection compte %(limit)s signets au plus.", False),
        ("%(size)s Mio", False),
        ("Liens laissés de côté\u202f: %(count)s.", False),
    ],
)
def test_a_number_before_a_noun_is_found(text: str, *, is_found: bool) -> None:
    assert bool(numbers_before_nouns(text)) is is_found
