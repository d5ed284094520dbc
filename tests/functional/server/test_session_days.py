"""A setting gives the lifetime of a session, for the cookie and for the stored row."""

from dataclasses import replace

from starlette.testclient import TestClient

from kb.site import create_app
from kb.store.database.clock import timestamp_in
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send


def test_a_session_ends_when_the_setting_says() -> None:
    library = an_empty_library()
    library = replace(library, settings=replace(library.settings, session_days=3))
    claire = an_account(library).user.id
    with TestClient(create_app(library)) as client:
        answer = send(client, "/login", login="claire", password=PASSWORD)
        assert "Max-Age=259200;" in answer.headers["set-cookie"]
    with library.store.read() as reading:
        (session,) = reading.credentials.sessions_of(claire)
    assert timestamp_in(days=2.9) < session.expires_at < timestamp_in(days=3.1)
