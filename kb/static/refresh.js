// Refreshes the state of background work until it is finished: the part of the page with `data-follow` is replaced by
// its new version. Without this file the user follows a link instead.
"use strict";

{
  const PAUSE = 1000;
  const look = async () => {
    const shown = document.getElementById("followed");
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("followed");
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
}
