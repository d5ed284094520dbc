"""Every form of the site into which a user types, with the typed text and the table that stores it.

`{text}` is a unique text, `{number}` a unique number, `{item}` an item of the group `lectures`, and `{n}` the number in
its id.
"""

from dataclasses import dataclass

from tests.browser.support.checked_pages import HIDDEN, MEMBER, OWNER, STRANGER, TERM


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A form of a page. `fields`: the typed text of each field, by name. `button` sends the form. `table` then has the
    text in one row. `file`: the name and the content of a file that is sent too, because no browser restores the chosen
    file. `ticks`: the name of a box that is ticked too.
    """

    name: str
    path: str
    fields: dict[str, str]
    button: str
    table: str
    by: str = OWNER
    file: tuple[str, str] | None = None
    ticks: str = ""


FORMS = (
    TypedForm(
        "passage",
        "/items/{item}/annotate",
        {"quote": "Un passage {text}", "body": "Une note {text}"},
        "Ajouter le passage",
        "annotations",
    ),
    TypedForm(
        "passage on the item’s page",
        "/items/{item}",
        {"quote": "Ici {text}"},
        "Ajouter le passage",
        "annotations",
        MEMBER,
    ),
    TypedForm(
        "comment",
        "/items/{item}/annotate?kind=comment",
        {"body": "Un avis\nsur deux lignes {text}"},
        "Ajouter le commentaire",
        "annotations",
    ),
    TypedForm("own words", "/items/item-15/words?part=n-15", {"body": "Repris {text}"}, "Enregistrer", "annotations"),
    TypedForm(
        "correction of a hidden text",
        f"/notices/correct/{HIDDEN}",
        {"text": "Corrigé {text}"},
        "Soumettre aux modérateurs",
        "removed_content",
        MEMBER,
    ),
    TypedForm(
        "reply",
        "/items/{item}/reply?to=c-{n}",
        {"body": "D’accord {text}"},
        "Envoyer la réponse",
        "annotations",
        MEMBER,
    ),
    TypedForm(
        "private note", "/items/{item}/private", {"body": "Pour moi {text}"}, "Garder pour moi", "annotations", STRANGER
    ),
    TypedForm(
        "item",
        "/items/{item}/edit",
        {"title": "Titre {text}", "description": "Résumé {text}", "source": "Revue {text}"},
        "Enregistrer",
        "items",
    ),
    TypedForm(
        "saving a page",
        "/keep?group=lectures",
        {"title": "Une page {text}", "quote-1": "« {text} »", "note-1": "Noté {text}", "description": "Dit {text}"},
        "Garder",
        "items",
    ),
    TypedForm(
        "list of a group", "/g/lectures/lists", {"name": "Liste {text}", "description": "Sur {text}"}, "Créer", "lists"
    ),
    TypedForm("own list", "/lists", {"name": "La mienne {text}"}, "Créer cette liste", "lists", MEMBER),
    TypedForm("list for an item", "/lists/add?item={item}", {"name": "Autre {text}"}, "Ajouter", "lists"),
    TypedForm("heading", "/lists/plan/edit", {"words": "Partie {text}"}, "Ajouter comme intertitre", "list_entries"),
    TypedForm(
        "settings of a list",
        "/lists/vide/edit",
        {"name": "Nommée {text}", "description": "Sur {text}"},
        "Enregistrer",
        "lists",
    ),
    TypedForm("saved search", "/saved/new?q=mot{number}", {"name": "Veille {text}"}, "Enregistrer", "saved_searches"),
    TypedForm(
        "name of a saved search", "/saved/veille/edit", {"name": "Rebaptisée {text}"}, "Renommer", "saved_searches"
    ),
    TypedForm(
        "saved search of the page on how to follow it",
        "/follow?feed=%2Fsearch.atom%3Fq%3Dmot{number}",
        {"name": "Suivie {text}"},
        "Enregistrer",
        "saved_searches",
    ),
    TypedForm(
        "settings of a group",
        "/g/lectures/settings",
        {"description": "But {text}"},
        "Enregistrer les réglages",
        "groups",
    ),
    TypedForm(
        "new group", "/groups/new", {"name": "Groupe {text}", "description": "But {text}"}, "Créer ce groupe", "groups"
    ),
    TypedForm(
        "term",
        f"/g/lectures/vocabulary/term?id={TERM}",
        {"note-0.1": "Emploi {text}"},
        "Enregistrer",
        "concept_texts",
    ),
    TypedForm(
        "new term",
        "/g/lectures/vocabulary/term?label=mot{number}",
        {"note-0.1": "Emploi {text}"},
        "Ajouter ce terme",
        "concept_texts",
    ),
    TypedForm(
        "report", "/items/{item}/moderation?part=n-{n}", {"why": "Parce que {text}"}, "Signaler", "reports", MEMBER
    ),
    TypedForm("request to join", "/g/atelier/join", {"message": "Bonjour {text}"}, "Envoyer", "join_requests", MEMBER),
    TypedForm("invitation", "/g/lectures/members", {"people": "{text}@exemple.fr"}, "Inviter", "invitations"),
    TypedForm("tags of items", "/bulk?q=agents&act=tag&item={item}", {"add": "{text}"}, "Modifier 1", "item_tags"),
    TypedForm(
        "items into a new list", "/bulk?q=agents&act=list&item={item}", {"name": "Choix {text}"}, "Ajouter", "lists"
    ),
    TypedForm("name", "/account", {"name": "Luc {text}"}, "Changer mon nom", "users", MEMBER),
    TypedForm(
        "document",
        "/keep/file?group=lectures",
        {"title": "Rapport {text}", "tags": "étude, {text}"},
        "Déposer le fichier",
        "items",
        file=("rapport.pdf", "%PDF-1.4\n% {text}\n"),
    ),
    TypedForm(
        "import of a file",
        "/g/lectures/import",
        {"mine": "Claire {text}"},
        "Voir l’aperçu",
        "import_jobs",
        file=("signets.txt", "https://exemple.fr/{text}\n"),
    ),
    TypedForm(
        "columns of a table",
        "/imports/montre",
        {"column-title": "Sujet {text}", "column-folder": "Dossier {text}"},
        "Relire le fichier",
        "import_jobs",
    ),
    TypedForm(
        "import of a pasted page",
        "/g/lectures/import",
        {"pasted": "https://exemple.fr/{text}\nhttps://exemple.fr/2", "mine": "Luc {text}"},
        "Voir l’aperçu",
        "import_jobs",
        MEMBER,
    ),
    TypedForm("name of the site", "/admin/site", {"name": "Veille {text}"}, "Enregistrer", "meta"),
    TypedForm(
        "legal page",
        "/admin/site/mentions-legales",
        {"text": "# Mentions légales\n\nÉditeur {text}"},
        "Enregistrer",
        "pages",
    ),
    TypedForm("texts of the site", "/admin/site", {"text-fr": "Bienvenue {text}"}, "Enregistrer", "pages"),
    TypedForm("account", "/admin/accounts/ines", {"name": "Inès {text}"}, "Enregistrer", "users"),
    TypedForm("token", "/account/tokens", {"name": "Relevé {text}"}, "Créer ce jeton", "tokens"),
    TypedForm(
        "name of what one follows",
        "/follow?feed=%2Fsearch.atom%3Fq%3Dmot{number}",
        {"name": "Lue {text}"},
        "Suivre",
        "follows",
        MEMBER,
    ),
    TypedForm(
        "press review of a list",
        "/lists/vide/review",
        {"title": "Revue {text}", "introduction": "Bonjour,\nvoici {text}"},
        "Mettre à jour",
        "lists",
    ),
    TypedForm(
        "sites that show a frame",
        "/g/lectures/embed",
        {"origins": "https://{text}.exemple.fr"},
        "Enregistrer ces sites",
        "embed_origins",
    ),
    TypedForm(
        "rule for a source",
        "/g/lectures/quotation",
        {"source": "Revue {text}"},
        "Enregistrer cette règle",
        "quotation_rules",
    ),
    TypedForm(
        "newsletter",
        "/g/lectures/letters",
        {"name": "Lettre {text}", "description": "Sur {text}", "postal": "1 rue {text}"},
        "Créer cette lettre",
        "newsletters",
    ),
    TypedForm(
        "settings of a newsletter",
        "/g/lectures/letters/lettre/manage",
        {"name": "Lettre {text}", "description": "Sur {text}", "sender": "Le service {text}"},
        "Enregistrer les réglages",
        "newsletters",
    ),
    TypedForm(
        "addresses of a newsletter",
        "/g/lectures/letters/lettre/manage",
        {"addresses": "{text}@exemple.fr"},
        "Ajouter ces adresses",
        "newsletter_subscribers",
        ticks="vouches",
    ),
    TypedForm(
        "new issue",
        "/g/lectures/letters/lettre/manage",
        {"subject": "Numéro {text}"},
        "Préparer ce numéro",
        "newsletter_issues",
    ),
    TypedForm(
        "draft of an issue",
        "/g/lectures/letters/lettre/drafts/draft-lectures",
        {"subject": "Objet {text}", "introduction": "Bonjour,\nvoici {text}"},
        "Enregistrer",
        "newsletter_issues",
    ),
)
