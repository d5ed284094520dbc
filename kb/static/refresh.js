// Refreshes the state of background work until it is finished: the part of the page with `data-follow` is replaced by
// its new version. A notice with `data-state` gets its sentence from that address, which is cheap; once the work is
// finished, the links of the page get those that came with it, and the form for passages opens if no text did. Without
// this file the user follows a link instead.
"use strict";

{
  const PAUSE = 1000;
  const PATIENCE = 90; // times that a notice is asked for, every two seconds
  const present = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  };
  const look = async () => {
    const shown = document.getElementById("followed");
    try {
      const now = (await present())?.getElementById("followed");
      if (!now) return;
      // Keep the element of the status: screen readers only read changes inside it.
      const said = shown.querySelector("[role=status]");
      const says = now.querySelector("[role=status]");
      if (said && says) {
        if (said.textContent !== says.textContent) said.textContent = says.textContent;
        says.replaceWith(said);
      }
      shown.replaceWith(now);
    } catch {
      // The next request may succeed again.
    }
    follow();
  };
  const follow = () => {
    if (document.querySelector("#followed[data-follow]")) setTimeout(look, PAUSE);
  };
  follow();

  const addWhatCame = (page) => {
    const links = document.querySelector(".links"), form = document.querySelector(".add-form");
    if (form && page?.querySelector(".add-form")?.open) form.open = true;
    page?.querySelectorAll(".links > a").forEach((link, at) => {
      if (![...links.children].some((one) => one.href === link.href)) links.insertBefore(link, links.children[at] ?? null);
    });
  };
  const watch = async (notice) => {
    for (let turn = 0; turn < PATIENCE; turn += 1) {
      await new Promise((done) => setTimeout(done, 2 * PAUSE));
      try {
        const answer = await fetch(notice.dataset.state);
        if (!answer.ok) return;
        const { over, told } = await answer.json();
        const said = notice.querySelector("[role=status]");
        if (said.textContent !== told) said.textContent = told;
        if (over) {
          addWhatCame(await present());
          return;
        }
      } catch {
        // The next request may succeed again.
      }
    }
  };
  document.querySelectorAll("[data-state]").forEach(watch);
}
