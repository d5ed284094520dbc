"""The duration of saving a page in a large database: `KB_DATA=… python bench/pages/save_page.py [times]`. It changes
the database.

The form with its suggestions, and its submission, are requested from the application itself, without a network. The
saved items are not removed. Prints milliseconds, median and 95th percentile: elapsed time and processor time. Only the
latter is meaningful on a machine with other work.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import quantiles

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.authentication.authentication import sign_in
from kb.services.groups.group_views import group_views
from kb.services.groups.membership import set_role
from kb.site import create_app, open_library, settings_from_environment

PASSWORD = "une phrase assez longue"
QUOTE = "Les agents des services publics décrivent leurs usages du numérique et du travail à distance. " * 4


def measured(name: str, actions: Iterator[Callable[[], object]]) -> None:
    """Print the durations of some actions."""
    waited, worked = [], []
    for act in actions:
        start, begun = time.perf_counter(), time.process_time()
        act()
        waited.append(1000 * (time.perf_counter() - start))
        worked.append(1000 * (time.process_time() - begun))
    for label, values in (("waited", waited), ("worked", worked)):
        cuts = quantiles(values, n=20)
        print(f"{name}, {label}: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms, {len(values)} times")


def main(times: int) -> None:
    """Measure the form, then what it sends."""
    settings = replace(settings_from_environment(), rate_read=0, rate_write=0)
    library = open_library(settings)
    login = f"mesure-{time.time_ns()}"
    add_account(library, OPERATOR, NewAccount(login, password=PASSWORD))
    largest = max(
        (view for view in group_views(library, OPERATOR) if not view.group.is_personal), key=lambda view: view.items
    )
    slug = largest.group.slug
    set_role(library, OPERATOR, slug, login, Role.MEMBER)
    client = TestClient(create_app(library), follow_redirects=False)
    client.cookies.set("kb-session", sign_in(library, login, PASSWORD, "127.0.0.1", "bench"))
    form = client.get("/keep").text
    token = re.search(r'name="form_token" value="([^"]+)"', form)
    bare = {"form_token": token[1] if token else "", "group": slug, "act": "save"}

    def page(number: int) -> dict[str, str]:
        return {"url": f"https://page.example/{login}/{number}", "title": f"Les agents, page {number}"}

    def ask(number: int) -> object:
        answer = client.get("/keep", params={**page(number), "quote": QUOTE, "group": slug})
        return answer.raise_for_status()

    def send(number: int) -> object:
        fields = {**bare, **page(number), "quote-1": QUOTE, "tags": "agents, mesure", "once": str(number)}
        answer = client.post("/keep", data=fields)
        if answer.status_code != 303:
            raise SystemExit(answer.text)
        return answer

    measured("the form, with proposals", ((lambda number=number: ask(number)) for number in range(times)))
    measured("keeping", ((lambda number=number: send(number)) for number in range(times)))
    library.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
