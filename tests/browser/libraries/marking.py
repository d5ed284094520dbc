"""A library to mark passages in: a page, a Word document, a PDF, and a long text with 500 marks."""

from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from kb.indexer import catch_up
from kb.model.items.item_fields import ItemFields
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from tests.browser.support.checked_pages import MEMBER, OWNER, STRANGER
from tests.browser.support.site import give_account
from tests.factories.documents import a_docx, a_pdf
from tests.factories.group import as_
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library

TEXT = """Au deuxième étage de l’hôtel de ville, l’armoire aux parapheurs est vide depuis le mois d’octobre.
Le circuit est passé de neuf jours à trente heures 🎉 : c’est la délégation qui a été réécrite, article par article.
La réponse a surpris. Sur cent arrêtés, sept appelaient une lecture.
Restait l’astreinte. Un arrêté de péril ne peut pas attendre le lundi."""
PDF_TEXT = """= Le parapheur en ligne

Le circuit de signature est passé de neuf jours à trente heures, sans que personne n’ait changé de logiciel métier.

#lorem(900)

== Ce qui reste sur papier

Les registres d’état civil, les baux anciens et les conventions avec les associations."""
LONG_CHARACTERS, MARKS = 200_000, 500


def a_library_to_mark() -> Library:
    library = an_empty_library()
    library = replace(library, settings=replace(library.settings, data=Path(mkdtemp(prefix="florilege-marking-"))))
    group = a_group("lectures", "Lectures communes")
    long = long_text()
    step = len(long) // MARKS
    marks = [
        an_annotation(
            long[at : at + 60].strip(),
            id=f"m{number}",
            prefix=long[max(0, at - 32) : at],
            suffix=long[at + 60 : at + 92],
            color=("yellow", "green", "blue", "pink")[number % 4],
            author=a_user(MEMBER, "Luc Martin"),
        )
        for number, at in enumerate(range(0, step * MARKS, step))
    ]
    items = [
        an_item(
            title,
            id=name,
            url=f"https://exemple.fr/{name}",
            group=group,
            annotations=annotations,
            author=a_user(OWNER, "Claire Aubert"),
        )
        for name, title, annotations in (
            ("page", "Valbrune signe ses arrêtés sans papier depuis un an : le bilan", ()),
            ("long", "Un texte de 200 000 signes", marks),
        )
    ]
    add_items(library, *items, groups=(group,))
    with library.store.write() as writing:
        writing.users.add([a_user(STRANGER, "Marie Lenoir")])
        for login in (OWNER, MEMBER, STRANGER):
            give_account(writing, login)
        writing.groups.set_role(a_user(OWNER).id, group.id, Role.OWNER)
        writing.groups.set_role(a_user(MEMBER).id, group.id, Role.MEMBER)
        writing.page_texts.put("page", TEXT)
        writing.page_texts.put("long", long)
    claire = as_(library, OWNER)
    for name, content in (("rapport.pdf", a_pdf(PDF_TEXT)), ("note.docx", a_docx("Les canards nagent dans le port."))):
        upload_file(library, claire, group.slug, SentFile(name, iter([content])), ItemFields(title=name))
    catch_up(library)
    return library


def long_text() -> str:
    """Paragraphs of numbered sentences, so that each passage stands once."""
    sentences = (
        f"La phrase numéro {number} parle d’arrêtés, de délégations et de parapheurs." for number in range(10_000)
    )
    lines, length = [], 0
    while length < LONG_CHARACTERS - 700:
        line = " ".join(next(sentences) for _ in range(9))
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines)


def item_titled(library: Library, title: str) -> str:
    """The id of the item of the group with this title."""
    with library.store.read() as reading:
        (item,) = reading.items.with_titles("g-lectures", [title])
    return item.id
