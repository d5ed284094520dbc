"""Comments in the team's convention "source, date", distinguished from sentences that merely contain a date."""

import pytest

from kb.formats.comment_source_and_date import source_and_date

GIVES = {
    # As the team writes them.
    "Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    "Pratiques collaboratives, 1er oct 2014": ("Pratiques collaboratives", "2014-10-01"),
    "Les numériques, 26 oct 2014": ("Les numériques", "2014-10-26"),
    "Modernisation.gouv, sept 2014": ("Modernisation.gouv", "2014-09"),
    "Lagazette.fr, 4 mai 2015": ("Lagazette.fr", "2015-05-04"),
    # Dashes and spaces of any kind before them.
    "- Lagazette.fr, 4 mai 2015": ("Lagazette.fr", "2015-05-04"),
    "\xa0 - Lagazette.fr, 4 mai 2015": ("Lagazette.fr", "2015-05-04"),
    "– Territoires & Co, 12 févr. 2016": ("Territoires & Co", "2016-02-12"),
    "—\xa0Acteurs du Massif, 3\xa0juin\xa02017": ("Acteurs du Massif", "2017-06-03"),
    "• Le Courrier du Puy, juin 2018": ("Le Courrier du Puy", "2018-06"),
    "−  La Lettre du cadre, janv. 2019": ("La Lettre du cadre", "2019-01"),
    "- courrier des maires, 2 déc 2020": ("courrier des maires", "2020-12-02"),
    # Followed by other text.
    "Modernisation.gouv, sept 2014 Recueil d'exemples venus des préfectures": ("Modernisation.gouv", "2014-09"),
    "Lagazette.fr, 7 nov 2014 - à lire en entier": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7 nov 2014. Le dossier complet est réservé aux abonnés.": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7 nov 2014 : un tour d'horizon": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7 nov 2014 (réservé aux abonnés)": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7 nov 2014, par Jeanne Rivière": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7 nov 2014\nUn bilan chiffré, région par région.": ("Lagazette.fr", "2014-11-07"),
    "Horizons publics, mars 2021 « La donnée au village »": ("Horizons publics", "2021-03"),
    # Preceded by other text.
    "Très utile pour notre projet. Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    "Un bilan chiffré, région par région.\nHorizons publics, mars 2021": ("Horizons publics", "2021-03"),
    "À garder pour le comité - Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    "À garder pour le comité (Lagazette.fr, 7 nov 2014)": ("Lagazette.fr", "2014-11-07"),
    "Qui l'a lu ? Les numériques, 26 oct 2014": ("Les numériques", "2014-10-26"),
    "Source : Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    "Vu sur Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    "Via Horizons publics, mars 2021": ("Horizons publics", "2021-03"),
    "Bon article, Lagazette.fr, 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    # Months, short and long, with and without dots and accents, in both languages.
    "La Voix du Nord-Est, 14 février 2015": ("La Voix du Nord-Est", "2015-02-14"),
    "La Voix du Nord-Est, 14 fevrier 2015": ("La Voix du Nord-Est", "2015-02-14"),
    "La Voix du Nord-Est, 14 fév. 2015": ("La Voix du Nord-Est", "2015-02-14"),
    "La Voix du Nord-Est, 14 AOÛT 2015": ("La Voix du Nord-Est", "2015-08-14"),
    "La Voix du Nord-Est, 14 aout 2015": ("La Voix du Nord-Est", "2015-08-14"),
    "La Voix du Nord-Est, juil. 2015": ("La Voix du Nord-Est", "2015-07"),
    "La Voix du Nord-Est, décembre 2015": ("La Voix du Nord-Est", "2015-12"),
    "The Open Ledger, 7 November 2014": ("The Open Ledger", "2014-11-07"),
    "The Open Ledger, November 7, 2014": ("The Open Ledger", "2014-11-07"),
    "The Open Ledger, Nov. 7th, 2014": ("The Open Ledger", "2014-11-07"),
    "The Open Ledger, 1st Sept. 2014": ("The Open Ledger", "2014-09-01"),
    "The Open Ledger, 2nd of March 2014": ("The Open Ledger", "2014-03-02"),
    "The Open Ledger, Feb 2014": ("The Open Ledger", "2014-02"),
    "The Open Ledger, Mar 2014": ("The Open Ledger", "2014-03"),
    "À lire : Horizons publics, mars 2021": ("Horizons publics", "2021-03"),
    "Lagazette.fr, 7 nov 2014 à relire avant le comité": ("Lagazette.fr", "2014-11-07"),
    # Days of the week, numbers, years.
    "Lagazette.fr, vendredi 7 novembre 2014": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, ven. 7 nov. 2014": ("Lagazette.fr", "2014-11-07"),
    "The Open Ledger, Friday, 7 November 2014": ("The Open Ledger", "2014-11-07"),
    "Lagazette.fr, 07/11/2014": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 7.11.2014": ("Lagazette.fr", "2014-11-07"),
    "The Open Ledger, 11/23/2014": ("The Open Ledger", "2014-11-23"),
    "Lagazette.fr, 2014-11-07": ("Lagazette.fr", "2014-11-07"),
    "Lagazette.fr, 2014-11": ("Lagazette.fr", "2014-11"),
    "Lagazette.fr, 11/2014": ("Lagazette.fr", "2014-11"),
    "Atlas des communes, 2014": ("Atlas des communes", "2014"),
    "Lagazette.fr, le 7 nov 2014": ("Lagazette.fr", "2014-11-07"),
    # Names with commas, hyphens, digits, articles, small letters.
    "Le Journal, Pixels et réseaux, 12 mai 2014": ("Le Journal, Pixels et réseaux", "2014-05-12"),
    "Sud-Loire Éco, 3 mai 2015": ("Sud-Loire Éco", "2015-05-03"),
    "24 Heures du Puy, 3 mai 2015": ("24 Heures du Puy", "2015-05-03"),
    "63net, 3 mai 2015": ("63net", "2015-05-03"),
    "l'Écho du plateau, 3 mai 2015": ("l'Écho du plateau", "2015-05-03"),
    "le Quotidien d'Auvergne, 3 mai 2015": ("le Quotidien d'Auvergne", "2015-05-03"),
    "data.exemple.fr, 3 mai 2015": ("data.exemple.fr", "2015-05-03"),
    "iCités, 3 mai 2015": ("iCités", "2015-05-03"),
    "L'Usine à données, 3 mai 2015": ("L'Usine à données", "2015-05-03"),
    "Elles, 3 mai 2015": ("Elles", "2015-05-03"),
    "« Le Banc public », 3 mai 2015": ("Le Banc public", "2015-05-03"),
    "Carnet de Tours ,  3 mai 2015.": ("Carnet de Tours", "2015-05-03"),
}

GIVES_NOTHING = [
    "",
    "   \xa0 ",
    "Merci !",
    "7 nov 2014",
    "- 7 nov 2014",
    ", 7 nov 2014",
    "sept 2014",
    # Sentences that contain a date.
    "Sophie, rien à voir avec l'article, rendez-vous le 3 mai 2015 à Clermont-Ferrand !",
    "Rien à voir, mais on se retrouve le 3 mai 2015.",
    "La loi du 7 octobre 2016 ouvre les données par défaut.",
    "Depuis le 7 nov 2014, la plateforme est ouverte à tous.",
    "Le 7 novembre 2014, la région a publié ses données.",
    "En 2014, 7 agents sur 10 avaient un compte.",
    "Comme prévu, 3 mai 2015",
    "La réunion est reportée, 3 mai 2015 au lieu du 12 avril.",
    "Le budget a été voté, 3 mai 2015",
    "On en reparle demain, 3 mai 2015",
    "Je note la date, 3 mai 2015",
    "Nous y serons tous, 3 mai 2015 ou pas.",
    "C'est fini, 3 mai 2015",
    "Il faut répondre avant vendredi, 3 mai 2015",
    "Les agents arrivent, 3 mai 2015",
    "Ils reviendront, mai 2015",
    "Bonjour Sophie, 3 mai 2015",
    "Merci Gérard, mai 2015",
    "Vous avez jusqu'à vendredi, 3 mai 2015",
    # Times, meetings and office equipment.
    "Réunion du comité, 3 mai 2015",
    "Rendez-vous à la mairie, 3 mai 2015",
    "Rdv chez Gérard, 3 mai 2015",
    "Journée d'étude à Riom, 3 mai 2015",
    "Atelier cartographie, mai 2015",
    "Prochaine séance, 3 mai 2015",
    "Compte rendu de la visite, 3 mai 2015",
    "Mise à jour, 3 mai 2015",
    "MAJ, 3 mai 2015",
    "Vendredi, 3 mai 2015",
    "Hier, 3 mai 2015",
    "Date limite, 3 mai 2015",
    "Clermont-Ferrand, le 3 mai 2015",
    "Photo de groupe, mai 2015",
    "Consulté, 3 mai 2015",
    # The date is part of an appointment or of a sentence.
    "Maison de quartier, 3 mai 2015 à 10 h",
    "Maison de quartier, 3 mai 2015, 10h30",
    "Maison de quartier, 3 mai 2015 18:30",
    "Sophie, 3 mai 2015 c'est trop tard",
    "Clermont-Ferrand, 3 mai 2015, nous étions douze autour de la table",
    "Clermont, Riom, Thiers : tous en 2014",
    "Atlas des communes, 2014 exemplaires vendus",
    "Budget, 2014 agents concernés",
    "Les deux sommets (Genève, 2003 et Tunis, 2005) ont fixé un cap.",
    "Un tableau de la même époque (L'Homme au livre, 1929) le montre déjà.",
    "Deux crues l'ont marquée. Pont-du-Château, 1866.",
    # Impossible days, months and years.
    "Lagazette.fr, 31 fév 2014",
    "Lagazette.fr, 32 mai 2014",
    "Lagazette.fr, 7 brumaire 2014",
    "Lagazette.fr, 13/13/2014",
    "Lagazette.fr, 7 nov",
    "Lagazette.fr, 7 nov 20145",
    "Lagazette.fr, 2014-00-07",
    "Lagazette.fr, 1532",
    "Lagazette.fr, 3014",
    # Texts that are no names.
    "12, 7 nov 2014",
    "12 agents, 7 nov 2014",
    "… , 7 nov 2014",
    "!!!, 7 nov 2014",
    "quelques notes prises au vol, 7 nov 2014",
    "Faut-il tout ouvrir ?, 7 nov 2014",
    "x" * 90 + ", 7 nov 2014",
    "Un deux trois quatre cinq six sept huit neuf dix, 7 nov 2014",
    # English sentences.
    "See you there, May 3, 2015",
    "Nothing to do with this, but we meet on May 3, 2015.",
    "Updated, 3 May 2015",
    "The vote was cancelled, May 2015",
    "We will meet in Lyon, May 3, 2015",
    "Last seen, 2014-11-07",
    "Since the law of 7 October 2016, open is the default.",
]


@pytest.mark.parametrize(("comment", "expected"), GIVES.items(), ids=str)
def test_a_source_and_its_date_are_read(comment: str, expected: tuple[str, str]) -> None:
    reference = source_and_date(comment)
    assert reference is not None
    assert (reference.source, reference.published) == expected


@pytest.mark.parametrize("comment", GIVES_NOTHING, ids=lambda text: text[:60])
def test_a_sentence_that_holds_a_date_gives_nothing(comment: str) -> None:
    assert source_and_date(comment) is None


@pytest.mark.parametrize(("date", "precision"), [("7 nov 2014", "day"), ("nov 2014", "month"), ("2014", "year")])
def test_the_date_is_as_precise_as_it_was_written(date: str, precision: str) -> None:
    reference = source_and_date(f"Lagazette.fr, {date}")
    assert reference is not None
    assert reference.precision == precision


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", [", " * 500_000, "A" * 1_000_000, "- " * 500_000, "A, 7 nov 201" * 100_000, "\n" * 999_999]
)
def test_a_huge_comment_takes_no_time(text: str) -> None:
    assert source_and_date(text) is None
