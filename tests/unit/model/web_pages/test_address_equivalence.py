"""Pairs of addresses: those of the same page, those of different pages, and the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.web_pages.canonical_address import canonical_url

ARTICLE = "https://www.exemple.fr/eau/la-crue-de-1910"
TWEET = "https://twitter.com/claire/status/1234567890"
VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
EAU = "https://fr.wikipedia.org/wiki/Eau_(chimie)"

SAME = [
    (ARTICLE, "http://www.exemple.fr/eau/la-crue-de-1910", "http and https"),
    (ARTICLE, "https://exemple.fr/eau/la-crue-de-1910", "www"),
    (ARTICLE, "HTTPS://WWW.EXEMPLE.FR/eau/la-crue-de-1910", "case of the host"),
    (ARTICLE, "https://www.exemple.fr./eau/la-crue-de-1910", "full stop of the root"),
    (ARTICLE, "https://www.exemple.fr:443/eau/la-crue-de-1910", "default port"),
    (ARTICLE, "http://www.exemple.fr:80/eau/la-crue-de-1910", "default port of http"),
    (ARTICLE, ARTICLE + "/", "slash at the end"),
    (ARTICLE, "https://www.exemple.fr//eau///la-crue-de-1910", "doubled slashes"),
    (ARTICLE, "https://www.exemple.fr/eau/../eau/./la-crue-de-1910", "dots"),
    (ARTICLE, ARTICLE + "?", "empty query"),
    (ARTICLE, ARTICLE + "?&", "empty parameters"),
    (ARTICLE, ARTICLE + "#", "empty fragment"),
    (ARTICLE, ARTICLE + "#commentaires", "a place in the page"),
    (ARTICLE, ARTICLE + "#:~:text=la%20Seine", "a passage of the page"),
    (ARTICLE, ARTICLE + "#xtor=AL-32280270", "AT Internet, in the fragment"),
    (ARTICLE, ARTICLE + "?xtor=RSS-3208", "AT Internet"),
    (ARTICLE, ARTICLE + "?at_medium=newsletter&at_campaign=matin", "Piano"),
    (ARTICLE, ARTICLE + "?utm_source=lettre&utm_medium=email&utm_id=3", "a campaign"),
    (ARTICLE, ARTICLE + "?UTM_Source=lettre", "a campaign in capitals"),
    (ARTICLE, ARTICLE + "?mtm_campaign=lettre&pk_kwd=eau&matomo_source=a", "Matomo"),
    (ARTICLE, ARTICLE + "?fbclid=IwAR0x", "Facebook"),
    (ARTICLE, ARTICLE + "?gclid=Cj0&gad_source=1&wbraid=a&_gl=1*a", "Google"),
    (ARTICLE, ARTICLE + "?msclkid=7d1f", "Microsoft"),
    (ARTICLE, ARTICLE + "?mc_cid=1b2&mc_eid=3c4", "Mailchimp"),
    (ARTICLE, ARTICLE + "?_hsenc=p2A&_hsmi=12&__hstc=1&__hssc=2&__hsfp=3", "HubSpot"),
    (ARTICLE, ARTICLE + "?lmd_medium=al&lmd_campaign=envoye&lmd_creation=ios", "Le Monde"),
    (ARTICLE, ARTICLE + "?twclid=2&ttclid=3&igshid=4&li_fat_id=5&yclid=6", "other networks"),
    (ARTICLE, ARTICLE + "?ref_src=twsrc%5Etfw", "X"),
    (ARTICLE, ARTICLE + "?share=facebook", "a button that shares"),
    (ARTICLE, ARTICLE + "?PHPSESSID=0f9a", "a session of PHP"),
    (ARTICLE, ARTICLE + ";jsessionid=1A2B.noeud1", "a session of Java, in the path"),
    (ARTICLE, ARTICLE + "?sid=0123456789abcdef0123456789abcdef", "a session of a forum"),
    (ARTICLE, ARTICLE + "/amp/", "AMP as a folder"),
    (ARTICLE, ARTICLE + "?amp", "AMP as a parameter"),
    (ARTICLE, ARTICLE + "?outputType=amp", "AMP as a kind"),
    ("https://exemple.fr/crue.html", "https://exemple.fr/crue.amp.html", "AMP as an ending"),
    (ARTICLE, "https://amp.exemple.fr/eau/la-crue-de-1910", "AMP as a host"),
    (ARTICLE, "https://www-exemple-fr.cdn.ampproject.org/c/s/www.exemple.fr/eau/la-crue-de-1910", "AMP as a copy"),
    (ARTICLE, "https://www.google.fr/amp/s/www.exemple.fr/eau/la-crue-de-1910", "AMP as Google's"),
    (ARTICLE, ARTICLE + "?print=1", "print"),
    (ARTICLE, ARTICLE + "?replytocom=12#respond", "the form of a comment"),
    (ARTICLE, "https://m.exemple.fr/eau/la-crue-de-1910", "telephones"),
    (
        ARTICLE,
        "https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.exemple.fr%2Feau%2Fla-crue-de-1910&ved=2a",
        "Google leads on",
    ),
    (
        ARTICLE,
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexemple.fr%2Feau%2Fla-crue-de-1910&h=A",
        "Facebook leads on",
    ),
    (
        ARTICLE,
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexemple.fr%2Feau%2Fla-crue-de-1910&data=0",
        "a mail program leads on",
    ),
    ("https://exemple.fr/?a=1&b=2", "https://exemple.fr/?b=2&a=1", "order of parameters"),
    ("https://exemple.fr/?id=7&page=2", "https://exemple.fr/?id=7&amp;page=2", "an ampersand of HTML"),
    ("https://exemple.fr/?q=eau+potable", "https://exemple.fr/?q=eau%20potable", "a space in a form"),
    ("https://exemple.fr/?a[]=1", "https://exemple.fr/?a%5B%5D=1", "brackets"),
    ("https://exemple.fr/", "https://exemple.fr/index.html", "the page of a folder"),
    ("https://exemple.fr/eau/", "https://exemple.fr/eau/index.php", "the page of a folder, in PHP"),
    ("https://exemple.fr/?id=7", "https://exemple.fr/index.php?id=7", "the program of a folder"),
    ("https://exemple.fr/eau", "https://exemple.fr/eau/Default.aspx", "the page of a folder, elsewhere"),
    ("https://exemple.fr/%7Eclaire", "https://exemple.fr/~claire", "escapes that need not be"),
    ("https://exemple.fr/%c3%a9t%c3%a9", "https://exemple.fr/été", "escapes and letters"),
    ("https://été.exemple.fr/", "https://xn--t-9fab.exemple.fr/", "international names"),
    (EAU, "https://fr.wikipedia.org/wiki/Eau_%28chimie%29", "brackets of an encyclopaedia"),
    (EAU, "https://fr.m.wikipedia.org/wiki/Eau_(chimie)", "an encyclopaedia on a telephone"),
    (EAU, "https://fr.wikipedia.org/wiki/Eau_(chimie)?wprov=sfla1", "an encyclopaedia, shared"),
    (EAU, "https://fr.wikipedia.org/w/index.php?title=Eau_(chimie)", "an encyclopaedia, by its program"),
    (VIDEO, "https://youtu.be/dQw4w9WgXcQ", "a short address of a video"),
    (VIDEO, "https://youtu.be/dQw4w9WgXcQ?si=AbC&t=42", "a short address, shared from a place"),
    (VIDEO, "https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=youtu.be", "a video on a telephone"),
    (VIDEO, VIDEO + "&t=42s", "a place in a video"),
    (VIDEO, "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0", "a video within a page"),
    (TWEET, TWEET + "?s=20&t=AbC", "a message, shared"),
    (TWEET, "https://x.com/claire/status/1234567890?s=09", "the new name of a site"),
    (TWEET, "https://mobile.twitter.com/claire/status/1234567890", "a message on a telephone"),
    ("https://doi.org/10.1000/xyz123", "http://dx.doi.org/10.1000/XYZ123", "DOI, in its old place and in capitals"),
    ("https://doi.org/10.1000/182", "doi:10.1000/182", "DOI, as it is cited"),
    ("https://arxiv.org/pdf/2101.00001", "https://arxiv.org/pdf/2101.00001.pdf", "the ending of a PDF"),
    (
        "https://www.reddit.com/r/eau/comments/a1/",
        "https://old.reddit.com/r/eau/comments/a1/",
        "the old look of a site",
    ),
    (
        "https://www.amazon.fr/dp/2070360423",
        "https://www.amazon.fr/L-Eau/dp/2070360423/ref=sr_1_1?keywords=eau",
        "a book",
    ),
    ("https://github.com/exemple/eau", "https://github.com/exemple/eau.git", "a repository to be copied"),
    (
        "https://stackoverflow.com/questions/11",
        "https://stackoverflow.com/questions/11/what-is-it",
        "a title in a path",
    ),
]

OTHER = [
    (ARTICLE, "https://www.exemple.fr/eau/la-crue-de-1911", "another path"),
    (ARTICLE, "https://www.exemple.fr/eau/La-Crue-de-1910", "case of the path"),
    (ARTICLE, "https://www.exemple.com/eau/la-crue-de-1910", "another country"),
    (ARTICLE, "https://blog.exemple.fr/eau/la-crue-de-1910", "another site of a house"),
    (ARTICLE, "https://www2.exemple.fr/eau/la-crue-de-1910", "another server"),
    (ARTICLE, "https://mobile.exemple.fr/eau/la-crue-de-1910", "mobile may be a trade"),
    (ARTICLE, "https://www.exemple.fr:8443/eau/la-crue-de-1910", "another port"),
    (ARTICLE, "ftp://www.exemple.fr/eau/la-crue-de-1910", "another protocol"),
    (ARTICLE, "https://claire@www.exemple.fr/eau/la-crue-de-1910", "signed in as somebody"),
    (ARTICLE, ARTICLE + "?page=2", "another page of it"),
    (ARTICLE, ARTICLE + "?lang=en", "another language"),
    (ARTICLE, ARTICLE + "?id=3", "an id"),
    (ARTICLE, ARTICLE + "?version=2", "another version"),
    (ARTICLE, ARTICLE + "?attachment=1", "begins like a campaign"),
    (ARTICLE, ARTICLE + "?ref=eau", "a reference may be what is asked for"),
    (ARTICLE, ARTICLE + "?source=insee", "a source may be what is asked for"),
    (ARTICLE, ARTICLE + "?from=2014", "a date may be what is asked for"),
    (ARTICLE, ARTICLE + "?sid=7", "a number is no session"),
    (ARTICLE, ARTICLE + "?s=crue", "a search"),
    (ARTICLE, ARTICLE + "?share=42", "a number is no network"),
    (ARTICLE, ARTICLE + ".pdf", "another file"),
    (ARTICLE, ARTICLE + "/commentaires", "a page below"),
    (ARTICLE, "https://www.exemple.fr/eau", "a page above"),
    (ARTICLE, "https://web.archive.org/web/2020/" + ARTICLE, "a copy of another time"),
    (ARTICLE, "https://translate.google.com/translate?u=" + ARTICLE, "a translation"),
    ("https://web.archive.org/web/2020/" + ARTICLE, "https://web.archive.org/web/2021/" + ARTICLE, "two copies"),
    ("https://exemple.fr/#!/lire/7", "https://exemple.fr/#!/lire/8", "routes of an application"),
    ("https://exemple.fr/#/lire/7", "https://exemple.fr/", "a route, and none"),
    ("https://exemple.fr/?a=1&a=2", "https://exemple.fr/?a=2&a=1", "order within one name"),
    ("https://exemple.fr/?q=eau", "https://exemple.fr/?q=Eau", "case of a value"),
    ("https://exemple.fr/?q=a%26b=c", "https://exemple.fr/?q=a&b=c", "an ampersand in a value"),
    ("https://exemple.fr/a%2Fb", "https://exemple.fr/a/b", "a slash in a name"),
    ("https://exemple.fr/a%3Fb", "https://exemple.fr/a?b", "a question mark in a name"),
    ("https://exemple.fr/?q=a%2Bb", "https://exemple.fr/?q=a+b", "a plus sign in a value"),
    ("https://exemple.fr/index.html", "https://exemple.fr/accueil.html", "another page of a folder"),
    ("https://exemple.fr/eau.html", "https://exemple.fr/eau.php", "another ending"),
    (EAU, "https://en.wikipedia.org/wiki/Eau_(chimie)", "an encyclopaedia in another language"),
    (EAU, "https://fr.wikipedia.org/w/index.php?title=Eau_(chimie)&oldid=7", "an old version of a page"),
    ("https://fr.wikipedia.org/wiki/AMP", "https://fr.wikipedia.org/wiki/amp", "a name of three letters"),
    ("https://fr.wikipedia.org/wiki/amp", "https://fr.wikipedia.org/wiki", "what is called AMP"),
    ("https://github.com/claire/amp", "https://github.com/claire", "a repository called AMP"),
    (VIDEO, "https://www.youtube.com/watch?v=oHg5SJYRHA0", "another video"),
    (VIDEO, "https://www.youtube.com/watch?v=dqw4w9wgxcq", "case of a video"),
    (TWEET, "https://twitter.com/claire/status/1234567891", "another message"),
    (TWEET, "https://twitter.com/claire", "whose messages they are"),
    ("https://arxiv.org/abs/2101.00001", "https://arxiv.org/pdf/2101.00001", "a notice and its document"),
    ("https://arxiv.org/abs/2101.00001v1", "https://arxiv.org/abs/2101.00001v2", "two versions"),
    ("https://gallica.bnf.fr/ark:/12148/b1/f5.item", "https://gallica.bnf.fr/ark:/12148/b1/f6.item", "two leaves"),
    ("https://www.google.com/url?q=/search", "https://www.google.com/search", "leads to no address"),
]


@pytest.mark.parametrize(("first", "other", "reason"), SAME)
def test_two_ways_to_one_page_are_the_same(first: str, other: str, reason: str) -> None:
    assert canonical_url(first) == canonical_url(other), reason


@pytest.mark.parametrize(("first", "other", "reason"), OTHER)
def test_two_pages_are_not(first: str, other: str, reason: str) -> None:
    assert canonical_url(first) != canonical_url(other), reason


@pytest.mark.parametrize("url", [url for first, other, _ in (*SAME, *OTHER) for url in (first, other)])
def test_the_form_of_each_is_its_own(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


hosts = st.sampled_from(
    [
        *(
            "exemple.fr",
            "www.m.exemple.fr",
            "m.www.exemple.fr",
            "amp.m.exemple.fr",
            "fr.m.wikipedia.org",
            "m.fr",
            "x.com",
        ),
        *("youtu.be", "m.youtube.com", "dx.doi.org", "www.amazon.fr", "a.cdn.ampproject.org", "www.google.com"),
        *("l.facebook.com", "docs.google.com", "dai.ly", "player.vimeo.com", "arxiv.org", "github.com"),
    ]
)
parts = st.sampled_from(
    [
        *(
            "",
            "amp",
            "a.amp",
            "index.html",
            "index.php.amp",
            "c",
            "s",
            "dp",
            "2070360423",
            "watch",
            "url",
            "l.php",
            "%2e",
        ),
        *(
            ";jsessionid=1",
            "(S(abcdefghijklmnopqrstuvwx))",
            "%41%2F",
            "é",
            "wiki",
            "w",
            "exemple.fr",
            "pdf",
            "a.pdf.pdf",
        ),
        *("status", "123", "a.git", "embed", "video", "open", "amp.amp", "document", "d"),
    ]
)
asked = st.sampled_from(
    [
        *(
            "v=é",
            "v=a/b",
            "q=https://x.com/a?q=b",
            "url=https%3A%2F%2Fyoutu.be%2Fa",
            "u=http://m.exemple.fr/",
            "amp;id=1",
        ),
        *("id=%5b7%5D", "utm_x=1", "amp;amp=1", "title=A%20b", "a%20b", "%75tm_a=1", "id=a'b", "print=1", "amp"),
    ]
)


@given(
    hosts, st.lists(parts, max_size=5), st.lists(asked, max_size=3), st.sampled_from(["", "#a", "#!", "#!/a", "#/:~:b"])
)
def test_canonicalisation_is_idempotent(host: str, path: list[str], query: list[str], fragment: str) -> None:
    canonical = canonical_url(f"http://{host}/{'/'.join(path)}?{'&'.join(query)}{fragment}")
    assert canonical_url(canonical) == canonical


def test_a_chain_without_end_is_left_alone() -> None:
    chain = "https://www.google.com/url?q=" * 5_000 + "https://exemple.fr"
    assert canonical_url(canonical_url(chain)) == canonical_url(chain)
    assert "google" in (canonical_url(chain) or "")
