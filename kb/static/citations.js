// Citations work without this file: it opens them in a dialog, and copies one with one key; new links and tokens too.
"use strict";

{
  // Screen readers read the same status again only if it was empty in between.
  const tell = (cites, text) => {
    const said = cites.querySelector("[role=status]");
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 100);
  };

  // Without https the browser refuses access to the clipboard: the user can still copy the selected text.
  const copySelected = (area, button) => {
    if (area.select) area.select();
    else getSelection().selectAllChildren(area);
    const done = document.execCommand("copy");
    if (done) button.focus();
    return done;
  };
  const copy = async (button) => {
    const cites = button.closest(".citations, .copied-text");
    const area = cites.classList.contains("citations") ? button.parentElement.querySelector("textarea") : cites.querySelector(".secret");
    let done = false;
    try {
      await navigator.clipboard.writeText(area.value ?? area.textContent);
      done = true;
    } catch {
      done = copySelected(area, button);
    }
    tell(cites, done ? button.dataset.copied : cites.querySelector("[data-select]").dataset.select);
  };
  const prepare = (part) => { for (const button of part.querySelectorAll("[data-copied]")) button.hidden = false; };

  const open = async (link) => {
    const dialog = document.createElement("dialog");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      dialog.append(document.adoptNode(page.querySelector(".citations")));
    } catch {
      location.assign(link.href);
      return;
    }
    if (document.querySelector(".citations")) return;
    prepare(dialog);
    for (const form of dialog.querySelectorAll("form")) form.hidden = false;
    dialog.setAttribute("aria-labelledby", "cites");
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    // The browser returns the focus to the link.
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    // The cross comes first in the order of the page, but users open a citation to copy it.
    dialog.querySelector("[data-copied]").focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copied]");
    if (button) copy(button);
    const link = event.target.closest("a");
    // On the citations page itself, such a link is the page in another language, or a file.
    const cites = link && !document.querySelector(".citations") && /^\/items\/[^/]+\/cite$/.test(link.pathname);
    if (!cites || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });

  prepare(document);
}
