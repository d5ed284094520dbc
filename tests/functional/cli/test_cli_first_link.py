"""The link that creates the first administrator: each start prints it until there is an administrator."""

import re

import httpx2

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server

FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


def test_the_site_prints_a_link_until_there_is_an_administrator(kb: Kb) -> None:
    links = []
    for _ in range(2):
        with Server(kb) as server:
            links.append(re.search(r"http://\S+", server.process.stdout.readline())[0])
            assert links[-1].startswith(f"{server.address}/welcome/")
            with httpx2.Client(timeout=60) as browser:
                if len(links) == 2:
                    void = links[0].rpartition("/")[2]
                    assert browser.get(f"{server.address}/welcome/{void}").status_code == 404
                    page = browser.get(links[-1])
                    fields = {"name": "Claire", "login": "claire", "password": "une phrase assez longue"}
                    token = FORM_TOKEN.search(page.text)[1]
                    response = browser.post(links[-1], data={**fields, "form_token": token})
                    assert response.status_code == 303
                    assert "Claire" in browser.get(server.address).text
    process = kb.start("serve", "--port", "0")
    process.stdout.readline()
    process.terminate()
    output, _ = process.communicate(timeout=20)
    assert "/welcome/" not in output
    assert "administrateur" in kb("user", "list").out
