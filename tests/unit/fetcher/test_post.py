"""A message is sent to the address that was typed, on the public web, and to no other."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from kb.fetcher import post, posted_host
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from kb.settings import OFF, Settings, default_settings_in

SETTINGS = default_settings_in(Path())
PUBLIC = "93.184.215.14"
ADDRESS = "http://chat.exemple.fr/hooks/a?b=c"


def sent_to(answer: bytes, address: str = ADDRESS, settings: Settings = SETTINGS) -> tuple[int, bytes]:
    """The status of a prepared answer, and the request."""
    ends: list[socket.socket] = []

    def connect(_address: str, _port: int, _seconds: float) -> socket.socket:
        client_end, server_end = socket.socketpair()
        server_end.sendall(answer)
        ends.append(server_end)
        return client_end

    headers = [("Content-Type", "application/json")]
    try:
        status = post(address, b"{}", headers, settings, resolver=lambda *_: (PUBLIC,), connector=connect)
        return status, ends[0].recv(65_536)
    finally:
        for end in ends:
            end.close()


@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
def test_the_status_is_returned_and_no_redirect_is_followed(status: int) -> None:
    answer = f"HTTP/1.1 {status} X\r\nLocation: http://ailleurs.exemple.fr/\r\nContent-Length: 0\r\n\r\n".encode()
    found, request = sent_to(answer)
    assert found == status
    assert request.startswith(b"POST /hooks/a?b=c HTTP/1.1\r\nHost: chat.exemple.fr\r\n")
    assert request.endswith(b"Content-Length: 2\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{}")


def test_an_answer_that_is_none_is_a_failure() -> None:
    with pytest.raises(FetchFailed):
        sent_to(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("http://127.0.0.1/", FetchFailure.REFUSED),
        ("http://[::1]/", FetchFailure.REFUSED),
        ("http://169.254.169.254/latest", FetchFailure.REFUSED),
        ("http://chat.exemple.fr:25/", FetchFailure.REFUSED),
        ("http://chat.local/", FetchFailure.REFUSED),
        ("file:///etc/passwd", FetchFailure.ADDRESS),
        ("http://a:b@chat.exemple.fr/", FetchFailure.ADDRESS),
    ],
)
def test_addresses_inside_are_refused(address: str, failure: FetchFailure) -> None:
    for attempt in (lambda: sent_to(b"", address), lambda: posted_host(address, SETTINGS)):
        with pytest.raises(FetchFailed) as failed:
            attempt()
        assert failed.value.failure is failure


def test_a_name_that_leads_inside_is_refused() -> None:
    with pytest.raises(FetchFailed) as failed:
        post(ADDRESS, b"{}", [], SETTINGS, resolver=lambda *_: (PUBLIC, "10.0.0.1"))
    assert failed.value.failure is FetchFailure.REFUSED


def test_nothing_is_sent_from_a_site_that_does_not_fetch() -> None:
    with pytest.raises(FetchFailed) as failed:
        post(ADDRESS, b"{}", [], replace(SETTINGS, fetch=OFF))
    assert failed.value.failure is FetchFailure.OFF
