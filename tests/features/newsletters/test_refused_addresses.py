"""Addresses that a mail server refuses are told on the home page, to those who can do something about it."""

from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import add_addresses, remove_address, subscribe, subscribers_view
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.browser_sessions import send

ARCHIVE = "/g/eau/letters/crues/"
OF_OWNER = "« La lettre des crues » : un serveur de courriel refuse 1 adresse"
OF_READER = "« La lettre des crues » ne vous parvient plus"


def home(editors: Editors, login: str) -> str:
    return editors.browser(login).get("/").text.replace("\xa0", " ").replace("\u202f", " ")


def test_owners_and_refused_readers_are_told_until_it_is_settled(editors: Editors) -> None:
    library, claire = editors.library, editors.actor("claire")
    editors.office.recipients |= {"lea@exemple.org": "550 no such user", "zoe@exemple.fr": "550 no such user"}
    add_addresses(library, claire, LETTER, "lea@exemple.org, max@exemple.org", vouches=True)
    subscribe(library, editors.actor("zoe"), LETTER)
    assert OF_OWNER not in home(editors, "claire")
    editors.scheduled("crue")
    send_due_issues(library)
    editors.deliver()
    send_due_issues(library)

    assert OF_OWNER in home(editors, "claire")
    assert f'href="{ARCHIVE}manage"' in home(editors, "claire")
    assert OF_READER in home(editors, "zoe")
    for login, line in (
        ("claire", OF_READER),
        ("zoe", OF_OWNER),
        ("paul", OF_OWNER),
        ("nora", OF_OWNER),
        ("", "crues »"),
    ):
        assert line not in home(editors, login)

    refused = next(one for one in subscribers_view(library, claire, LETTER).refused if one.key)
    remove_address(library, claire, LETTER, refused.key)
    assert OF_OWNER not in home(editors, "claire")
    zoe = editors.browser("zoe")
    assert "Votre serveur de courriel a refusé cette lettre" in zoe.get(ARCHIVE).text
    assert send(zoe, ARCHIVE, act="subscribe").status_code == 303
    assert OF_READER not in home(editors, "zoe")
