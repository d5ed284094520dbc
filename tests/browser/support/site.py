"""A library for the page checks: long and short texts, hostile and plain ones, in two groups."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Never

from kb.errors import Unavailable
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.records.digest_records import Digests, Subscription
from kb.features.digests.records.follow_records import Follow, Follows
from kb.features.hypothesis.settings import HypothesisSettings
from kb.indexer import catch_up
from kb.model.followed_search import FollowedSearch
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.people.account import (
    Account,
    FeedKey,
    Identity,
    Invitation,
    LinkPurpose,
    PendingOidcLogin,
    Session,
    Token,
    TokenScope,
)
from kb.model.people.delivery import DeliveryState
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import ConceptText, Vocabulary
from kb.model.web_pages.copy_pictures import picture_name
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.model.web_pages.text_layout import Picture, TextLayout
from kb.search.index_search import OUTDATED
from kb.services.accounts.oidc_login import pending_signup_key
from kb.services.authentication.passwords import hash_password
from kb.services.core.library import Library
from kb.services.followed_searches.following import follow
from kb.services.followed_searches.matching import bring_up_to_date
from kb.store import OutboxMessage, WriteTransaction
from tests.browser.libraries.contribution import contribute
from tests.browser.libraries.discussion import discuss
from tests.browser.libraries.moderation import moderate
from tests.browser.support.checked_pages import (
    ARRIVING,
    CONFIRMATION,
    FOLLOWING,
    INVITED,
    MEMBER,
    OWNER,
    REQUESTED,
    RESET,
    STRANGER,
    UNINVITED,
    Known,
)
from tests.factories.digests import a_reader, a_request
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library, an_empty_library
from tests.factories.newsletters import add_newsletter, an_entry
from tests.factories.page_copies import PICTURE, add_copy
from tests.factories.vocabulary import a_concept, french
from tests.factories.webhooks import put_webhook
from tests.support.browser_sessions import PASSWORD

LECTURES, ATELIER = (
    replace(a_group(slug, name), join=JoinPolicy.REQUEST)
    for slug, name in (("lectures", "Lectures communes"), ("atelier", "Atelier du mardi"))
)
PEOPLE = (a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy"), a_user("doc", "Centre de documentation"))
PENS = (None, "yellow", "green", "blue", "pink")
TITLES = (
    "Services publics en ligne : les agents racontent leurs usages",
    "La participation, outil de modernisation du fonctionnement interne",
    "Ouvrir ses données, et s’en servir d’abord soi-même",
    "What clerks say about digital services",
)
QUOTES = (
    "La réussite passe par un changement de posture : les agents veulent une démarche agile et moins hiérarchisée.",
    "Ce qu’il manque aux administrations, c’est de manger leurs propres données.",
    "Les messages se diluent souvent à travers les strates hiérarchiques ; les agents le disent tous.",
)
SOURCES = ("La Gazette", "Les numériques", "Le Bulletin", None)
HOSTILE = "</title><script>alert(1)</script> \u202eÀ l’envers " + "sanscoupure" * 30


READ_ITEM, CHANGED_ITEM = "item-19", "item-20"
"""An item with a text of each kind of line, and passages in it."""
TEXT = (
    ("2", "Le bilan"),
    ("p", f"D’abord : {QUOTES[1]} Et puis rien."),
    ("1", "Les usages"),
    ("q", QUOTES[2]),
    ("a", "Un passage des agents."),
    ("c", "Au fond d’une liste"),
    ("i", "avec une suite"),
    ("p", "</p><img src=https://ailleurs.example/x.png onerror=alert(1)><script>alert(2)</script><p data-start=0>"),
    ("A", "Un numéro"),
    ("3", "Les chiffres, <b>en gras</b> " + "sanscoupure" * 20),
    ("R", "| 2013 | 2014"),
    ("r", "Guichets | 12 | " + "large " * 60),
    ("x", "def lire(texte):"),
    ("x", "    return " + "très_long_" * 40),
    ("p", f"{QUOTES[0]} \u202eÀ l’envers"),
)


ISSUER = "https://127.0.0.1:9"
"""An identity provider that does not answer."""
KNOWN = Known(item="item-13", group="lectures", tag="agents", author="claire", saved="veille", word="agents")

_LONG_AGO, _LONG_AFTER = "2015-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"


_PDF = b"%PDF-1.7 scanned"


def the_library() -> Library:
    items = (*(_item(number) for number in range(45)), _trap())
    library = a_library(*items, groups=(LECTURES, ATELIER, a_group("vide", "Groupe vide")))
    with library.store.write() as writing:
        writing.vocabularies.set(LECTURES.id, _vocabulary())
        query, created_at = "q=agents&language=fr", "2015-02-03T09:00:00Z"
        writing.saved_searches.add(SavedSearch.of("veille", LECTURES.id, "Les agents, en français", query, created_at))
        _add_accounts(writing)
        writing.page_fetches.add(_awaited())
        _let_addresses_die(writing)
        _let_arrive(writing)
    _follow(library)
    moderate(library)
    discuss(library)
    contribute(library, LECTURES.id)
    with library.store.write() as writing:
        entry = an_entry("item-13", TITLES[0], QUOTES[0])
        add_newsletter(writing, LECTURES, "plan", title="La lettre des lectures", entries=(entry,))
        put_webhook(writing, LECTURES)
    settings = replace(
        library.settings,
        data=Path(mkdtemp(prefix="florilege-files-")),
        oidc_issuer=ISSUER,
        oidc_client_id="florilege",
        oidc_name="Le Guichet",
        oidc_sign_up="ville.example",
        parts=(HypothesisSettings("on"),),
    )
    library = replace(library, settings=settings)
    name, pages = "Rapport 2014.pdf", 12
    file = (FileRole.FILE, library.files.put(_PDF), len(_PDF), "application/pdf", name, pages, TextState.NONE)
    with library.store.write() as writing:
        writing.item_files.put(ItemFile(KNOWN.item, *file, _LONG_AGO))
        text, kinds = "\n".join(text for _, text in TEXT), "".join(kind for kind, _ in TEXT)
        pictures = (Picture(2, picture_name(PICTURE), "Un <plan>"),)
        writing.page_texts.put(READ_ITEM, text, TextLayout(kinds, pages=(0, 10), pictures=pictures))
    for words in ("Un passage des agents.", "Une phrase sur les médiathèques."):
        # Of two versions, only the first has the passage.
        with library.store.write() as writing:
            writing.page_texts.put(CHANGED_ITEM, f"Le bilan de 2014\n{words}\nLa suite est à l’étude.")
    add_copy(library, READ_ITEM, f"<p>Le bilan</p><img src='{PICTURE}'>")
    catch_up(library)
    bring_up_to_date(library)
    return library


def _follow(library: Library) -> None:
    """A member follows passages, of which some are new later, and another user shows what they follow to the group."""
    for number, login, words in ((1, MEMBER, "médiathèques"), (2, OWNER, "agents")):
        search_id = follow(library, [("q", words), ("group", LECTURES.slug)])
        group_id = LECTURES.id if login == OWNER else None
        row = Follow(f"suivi-{number}", a_user(login).id, search_id, group_id, words, number, True, 0, _LONG_AGO)
        with library.store.write() as writing:
            Follows(writing.connection).put(row)


def _awaited() -> Fetch:
    """A pending page fetch for an item and for the user who requested it."""
    return Fetch(
        "page-attendue",
        "https://www.exemple-6.fr/13",
        FetchState.WAITING,
        _LONG_AGO,
        next_at=_LONG_AFTER,
        item_id="item-13",
        user_id=a_user(OWNER).id,
    )


def _let_addresses_die(writing: WriteTransaction) -> None:
    """Two items with dead links; a user has requested a new check of one."""
    for item in writing.items.any_of(("item-14", "trap")).values():
        request_date = _LONG_AGO if item.id == "item-14" else None
        check = LinkCheck(
            item.id, item.url or "", _LONG_AGO, _LONG_AFTER, FetchFailure.GONE, _LONG_AGO, 2, request_date
        )
        writing.link_checks.put(check)


def secret_of(login: str) -> str:
    """The secret of a user's session."""
    return f"session-de-{login}"


def cookie_of(login: str) -> dict[str, str]:
    """The header with a user's session, or with the state of a user who returns from the provider; empty for a
    visitor.
    """
    pairs = cookies_of(login).items() if login else ()
    return {"cookie": "; ".join(f"{name}={value}" for name, value in pairs)} if login else {}


def cookies_of(login: str) -> dict[str, str]:
    """The cookies of a user's browser."""
    return {"kb-session": secret_of(login), "kb-provider": f"guichet-de-{login}"}


def _add_accounts(writing: WriteTransaction) -> None:
    """Add accounts, each with a session, and a link to another account; only the owner has a password."""
    writing.users.add([a_user(STRANGER, "Marie Lenoir"), a_user(MEMBER, "Luc Martin"), a_user("ines", "Inès Petit")])
    for login in (OWNER, MEMBER, STRANGER, "ines"):
        give_account(writing, login)
    _let_programs_in(writing)
    for group in (LECTURES, ATELIER):
        writing.groups.set_role(a_user(OWNER).id, group.id, Role.OWNER)
    writing.groups.set_role(a_user(MEMBER).id, LECTURES.id, Role.MEMBER)
    _let_wait(writing)
    invitation = Invitation("i-1", LinkPurpose.ACCOUNT, _LONG_AGO, _LONG_AFTER, email="luc@exemple.fr")
    writing.invitations.add(invitation, secret_hash(INVITED))
    _add_undelivered_messages(writing)
    reset = Invitation("i-9", LinkPurpose.PASSWORD, _LONG_AGO, _LONG_AFTER, user_id=a_user(STRANGER).id)
    writing.invitations.add(reset, secret_hash(RESET))
    digests, reader = Digests(writing.connection), a_reader(FOLLOWING)
    digests.add_request(a_request(REQUESTED, _LONG_AFTER))
    digests.put_reader(replace(reader, refused_at=_LONG_AGO, refusal="550 5.1.1 <b>no such user</b>"))
    writing.followed_searches.add(FollowedSearch("s-port", "q=port", _LONG_AGO), ())
    digests.put_subscription(Subscription(reader.id, "s-port", "« port »", Rhythm.WEEKLY, 0, _LONG_AGO, _LONG_AGO))
    marie, address = writing.accounts.by_ids([a_user(STRANGER).id])[a_user(STRANGER).id], "marie.neuve@exemple.fr"
    writing.accounts.update(replace(marie, unverified_email=address))
    link = Invitation("i-8", LinkPurpose.EMAIL, _LONG_AGO, _LONG_AFTER, user_id=marie.user.id, email=address)
    writing.invitations.add(link, secret_hash(CONFIRMATION))


def give_account(writing: WriteTransaction, login: str) -> None:
    """Add an account with a session and a personal library; only the owner has a password, and is the administrator."""
    user = a_user(login)
    user = writing.users.by_ids([user.id])[user.id]
    password = hash_password(PASSWORD) if login == OWNER else None
    writing.accounts.add(Account(user, f"{login}@exemple.fr", login == OWNER, bool(password), _LONG_AGO), password)
    own = a_group(f"~{login}", user.name, visible=Visibility.MEMBERS)
    writing.groups.add(own)
    writing.groups.set_role(user.id, own.id, Role.OWNER)
    session = Session(f"s-{login}", user.id, "Mozilla/5.0 Firefox/140.0", _LONG_AGO, _LONG_AFTER, _LONG_AFTER)
    writing.credentials.add_session(session, secret_hash(secret_of(login)))


def _let_arrive(writing: WriteTransaction) -> None:
    """Add a user who returns from the provider without an account here, and a user with an account who logs in
    there.
    """
    writing.accounts.add_identity(Identity(ISSUER, "sujet-de-claire", a_user(OWNER).id, _LONG_AGO))
    writing.accounts.add_identity(Identity("https://ancien.exemple.fr/id", "c", a_user(OWNER).id, _LONG_AGO))
    for login, email in ((ARRIVING, "nina.caron@ville.example"), (UNINVITED, "")):
        claims = {"issuer": ISSUER, "subject": login, "name": "Nina Caron", "login": "ncaron", "email": email}
        sign_in = PendingOidcLogin("", "", "/", None, _LONG_AFTER, identity_claims=json.dumps(claims))
        writing.accounts.put_pending_login(pending_signup_key(cookies_of(login)["kb-provider"]), sign_in)


def _let_programs_in(writing: WriteTransaction) -> None:
    """Add the owner's other browser session, API tokens and feed keys."""
    claire = a_user(OWNER).id
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
    phone = Session("s-phone", claire, agent, _LONG_AGO, _LONG_AFTER, _LONG_AFTER)
    writing.credentials.add_session(phone, secret_hash("session-d-un-telephone"))
    for number, (name, end) in enumerate((("Relevé du lundi", None), ("n" * 100, _LONG_AFTER), ("Ancien", _LONG_AGO))):
        scope = list(TokenScope)[number % 2]
        token = Token(f"t-{number}", claire, name, scope, _LONG_AGO, _LONG_AGO if number else None, end)
        writing.credentials.add_token(token, secret_hash(f"jeton-{number}"))
    for number, address in enumerate(("/g/lectures.atom?tag=r%C3%A9seau", "/search.rss?q=" + "agents+" * 60)):
        key = FeedKey(f"k-{number}", claire, address, _LONG_AGO, _LONG_AGO if number else None)
        writing.credentials.add_feed_key(key, secret_hash(f"cle-{number}"))


def _let_wait(writing: WriteTransaction) -> None:
    """Add what waits for an answer: requests, author link claims, invitations."""
    marie = a_user(STRANGER).id
    writing.invitations.add_request(marie, LECTURES.id, "Je travaille sur la lecture publique.\nMerci !", _LONG_AGO)
    writing.invitations.add_request(a_user("ines").id, LECTURES.id, None, _LONG_AGO)
    writing.invitations.add_claim(a_user("ines").id, a_user("paul-roy").id, LECTURES.id, _LONG_AGO)
    for number, (role, more) in enumerate(
        (
            (Role.READER, {"user_id": marie, "group_id": ATELIER.id, "made_by": a_user(OWNER).id}),
            (Role.MODERATOR, {"user_id": a_user("ines").id, "group_id": LECTURES.id}),
            (Role.MEMBER, {"email": "luc@exemple.fr", "group_id": LECTURES.id}),
            (Role.MEMBER, {"group_id": LECTURES.id}),
            (Role.READER, {"email": "lucie@exemple.fr", "group_id": LECTURES.id}),
        )
    ):
        invitation = Invitation(f"g-{number}", LinkPurpose.ACCOUNT, _LONG_AGO, _LONG_AFTER, role=role, **more)
        writing.invitations.add(invitation, secret_hash(f"invitation-{number}"))


def _add_undelivered_messages(writing: WriteTransaction) -> None:
    """Add messages that bring invitations, and that the mail server did not take."""
    for invitation_id, state, answer in (
        ("i-1", DeliveryState.REFUSED, "550 5.1.1 <b>luc@exemple.fr</b>: user unknown"),
        ("g-2", DeliveryState.DEFERRED, "451 4.7.1 greylisted, try again later"),
        ("g-4", DeliveryState.REFUSED, "550 5.7.1 rejected"),
    ):
        message_id, dates = f"m-{invitation_id}", (_LONG_AGO, _LONG_AFTER)
        writing.outbox.add(OutboxMessage(message_id, "luc@exemple.fr", "", "", *dates, invitation_id=invitation_id))
        writing.outbox.record(message_id, state, answer, is_final=state is DeliveryState.REFUSED)


def _vocabulary() -> Vocabulary:
    """Add a vocabulary with words of the items and with hostile words."""
    return Vocabulary.of(
        [
            a_concept("personnel"),
            a_concept(
                "agents",
                "clerks",
                "<b>fonctionnaires</b>",
                broader=["personnel"],
                related=["réseau"],
                definition=french('Qui travaille pour une administration & ses "publics".'),
            ),
            a_concept("agents de terrain", broader=["agents"], notation=(ConceptText("", "1.2"),)),
            a_concept("réseau", "maillage"),
            a_concept("t" * 200),
            a_concept(HOSTILE),
        ]
    )


def a_broken_library(status: int) -> Library:
    """A library whose searches fail: with 500 because of a bug, with 503 because it has no index."""
    library = an_empty_library()
    return replace(library, catalogue=_Broken(status))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Broken:
    status: int

    def __getattr__(self, name: str) -> Never:
        if self.status == 503:
            raise Unavailable(OUTDATED)
        raise RuntimeError(name)


def _item(number: int) -> Item:
    author = PEOPLE[number % 3]
    return an_item(
        TITLES[number % 4],
        id=f"item-{number}",
        group=LECTURES if number % 3 else ATELIER,
        order=number,
        author=author,
        source=SOURCES[number % 4],
        published=f"2014-{number % 9 + 1:02}" if number % 5 else None,
        added=f"2015-01-{number % 28 + 1:02}T09:00:00Z",
        language="en" if number % 4 == 3 else "fr",
        url=f"https://www.exemple-{number % 7}.fr/{number}" if number % 6 else None,
        description="Un dossier sur les usages des agents." if number % 7 == 0 else None,
        tags=[
            *["agents", f"thème {number % 30}", "réseau"][: number % 3 + 1],
            *(["archives", "mémoire"] if number % 11 == 5 else []),
        ],
        annotations=[
            *_highlights(number),
            an_annotation("Un passage des agents.", id=f"n-{number}", body="Même constat ailleurs.", author=author),
            an_annotation(
                None,
                id=f"c-{number}",
                body="À rapprocher de la note de mars.",
                author=PEOPLE[(number + 1) % 3],
                added="2015-02-01",
                replies=[a_reply("D’accord.", id=f"r-{number}", author=author, added="2015-02-02")],
            ),
        ],
    )


def _highlights(number: int) -> list[Annotation]:
    quotes = (QUOTES[(number + place) % 3] for place in range(number % 7))
    return [an_annotation(q, id=f"h-{number}-{n}", color=PENS[n % 5]) for n, q in enumerate(quotes)]


def _trap() -> Item:
    return an_item(
        HOSTILE,
        id="trap",
        group=LECTURES,
        order=99,
        author=a_user("piege", "\u202e" + "P" * 120),
        source="S" * 150,
        published="2014-10",
        tags=["t" * 120, "<b>agents</b>"],
        annotations=[an_annotation("agents " + "x" * 900, id="h-trap")],
    )
