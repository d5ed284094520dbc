// What goes on behind is looked at again by itself, until it is done: the part of the page with `data-follow` is put in
// the place of itself. Without this file there is a link for that.
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
      // The sentence that is read out stays the same element: only then is it read.
      const said = shown.querySelector("[role=status]");
      const says = now.querySelector("[role=status]");
      if (said && says) {
        if (said.textContent !== says.textContent) said.textContent = says.textContent;
        says.replaceWith(said);
      }
      shown.replaceWith(now);
    } catch {
      // The next look may find the way again.
    }
    follow();
  };
  const follow = () => {
    if (document.querySelector("#followed[data-follow]")) setTimeout(look, PAUSE);
  };
  follow();
}
