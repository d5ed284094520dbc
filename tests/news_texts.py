"""What the press of the tests prints: articles and a report in French, written for Florilège."""

from html import escape

PARAGRAPHS = tuple(
    """Les agents des services de documentation se forment chaque année aux outils de veille, et l’énergie qu’ils y \
mettent ne faiblit pas : trois départements sur quatre ont inscrit ces formations à leur plan.
« Nous lisions chacun de notre côté », raconte Hélène Cœurdoux, documentaliste à Besançon. « Aujourd’hui, ce que l’une \
surligne, les autres le retrouvent. »
La mutualisation des abonnements a coûté 1 200 € la première année. Elle en a fait économiser le double dès la \
suivante, grâce à une convention signée à Noël par onze collectivités.""".splitlines()
)
TITLE = "Les documentalistes mettent leur veille en commun"
DESCRIPTION = "Onze collectivités partagent leurs lectures, et leurs abonnements."


def an_article(
    title: str = TITLE, *, charset: str = "utf-8", canonical: str = "", paragraphs: tuple[str, ...] = PARAGRAPHS
) -> str:
    """A page as a paper prints it, with what surrounds the article."""
    link = f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="{charset}">
<title>{escape(title)} | La Gazette des lecteurs</title>
<meta property="og:site_name" content="La Gazette des lecteurs">
<meta name="author" content="Élodie Château">
<meta name="description" content="{DESCRIPTION}">
<meta name="keywords" content="veille, mutualisation, Veille">
{link}
</head>
<body>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/abonnement">S’abonner</a></li></ul></nav>
<main><article>
<h1>{escape(title)}</h1>
<p class="date">Publié le 7 novembre 2014 à 9 h 12, par Élodie Château</p>
{text}
</article></main>
<footer><p>Mentions légales. Tous droits réservés.</p></footer>
</body>
</html>
"""


def a_long_article(size: int = 5_000_000) -> str:
    """The same, of so many characters."""
    paragraph = PARAGRAPHS[0]
    return an_article(paragraphs=tuple(f"{number}. {paragraph}" for number in range(size // (len(paragraph) + 14))))


def a_pdf(
    lines: tuple[str, ...] = ("Rapport d'activité 2014", *PARAGRAPHS[:1]),
    *,
    title: str = "Rapport d’activité du service de documentation",
    author: str = "Élodie Château",
    more: bytes = b"",
) -> bytes:
    """A document of one page, each line set in one piece; `more` is put into its trailer."""
    text = b"".join(b"(%s) Tj T*\n" % _in_brackets(line.encode("cp1252", "replace")) for line in lines)
    content = b"BT /F1 11 Tf 14 TL 50 780 Td\n" + text + b"ET"
    about = b"<< /Title <%s> /Author <%s> /CreationDate (D:20150503101500+02'00') >>" % (
        _in_hexadecimal(title),
        _in_hexadecimal(author),
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
        about,
        b"<< /Font << /F1 5 0 R >> >>",
    )
    return a_file_of(objects, b"/Root 1 0 R /Info 6 0 R " + more)


def a_file_of(objects: tuple[bytes, ...], trailer: bytes) -> bytes:
    """A PDF of these objects, with its table."""
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        bytes(body),
        len(objects) + 1,
        table,
        len(objects) + 1,
        trailer,
        len(body),
    )


def _in_brackets(text: bytes) -> bytes:
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _in_hexadecimal(text: str) -> bytes:
    return b"FEFF" + text.encode("utf-16-be").hex().encode()
