// Suggestions of the search box while the user types: a combobox with a list (WAI-ARIA 1.2). The focus never
// leaves the box, and nothing is selected without a key or a click. Without this file it is a plain field.
"use strict";

{
  const PAUSE = 150;
  const field = () => document.getElementById("q");
  const list = () => document.getElementById("proposals");
  const options = () => [...list().querySelectorAll("[role=option]")];
  const pointed = () => list().querySelector("[aria-selected=true]");
  // The running request; null if there is none.
  let asking = null;

  const give = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };
  const dress = () => {
    const open = !list().hidden;
    give(field(), { role: "combobox", "aria-autocomplete": "list", "aria-controls": "proposals", "aria-expanded": open });
    give(list(), { role: "listbox", "aria-label": list().dataset.label });
  };

  const point = (option) => {
    pointed()?.setAttribute("aria-selected", false);
    option?.setAttribute("aria-selected", true);
    option?.scrollIntoView({ block: "nearest" });
    if (option) field().setAttribute("aria-activedescendant", option.id);
    else field().removeAttribute("aria-activedescendant");
  };
  const step = (by) => {
    const all = options();
    const place = all.indexOf(pointed());
    point(all.at(place < 0 && by < 0 ? -1 : (place + by) % all.length));
  };

  const show = (open) => {
    const said = document.getElementById("suggestion-count");
    point(null);
    list().hidden = !open;
    field().setAttribute("aria-expanded", open);
    said.textContent = open ? `${said.dataset.said} ${options().length}` : "";
  };
  const close = () => {
    asking?.abort();
    asking = null;
    show(false);
  };
  const propose = async (pause, then) => {
    asking?.abort();
    const { signal } = asking = new AbortController();
    const { form } = field();
    try {
      await new Promise((done) => setTimeout(done, pause));
      signal.throwIfAborted();
      const answer = await fetch(`${form.dataset.suggest}&${new URLSearchParams(new FormData(form))}`, { signal });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      asking = null;
      list().replaceChildren(...page.body.childNodes);
      show(options().length > 0);
      if (options().length) then?.();
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };
  const typed = () => {
    point(null);
    if (field().value.trim()) propose(PAUSE);
    else close();
  };

  const press = (event) => {
    const isOpen = !list().hidden;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && event.altKey && isOpen) close();
    else if (by && isOpen) step(by);
    else if (by) propose(0, event.altKey ? null : () => step(by));
    else if (event.key === "Escape" && (isOpen || asking)) close();
    else if (event.key === "Enter" && pointed()) pointed().click();
    else {
      // The browser's default is right: it searches, or moves the cursor.
      if (event.key === "Enter") close();
      if (["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key)) point(null);
      return;
    }
    event.preventDefault();
  };

  // An input method that composes characters uses the keys itself.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  const isPlain = (event) => !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const onField = (type, act) => document.addEventListener(type, (event) => { if (event.target.id === "q") act(event); });

  onField("focusin", dress);
  onField("focusout", close);
  onField("input", (event) => { if (!isComposing(event)) typed(); });
  onField("compositionend", typed);
  onField("keydown", (event) => { if (!isComposing(event) && isPlain(event)) press(event); });
  // A suggestion is a link: a click does not move the focus; a completed word is written into the box.
  document.addEventListener("mousedown", (event) => { if (event.target.closest("#proposals")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const option = event.target.closest("#proposals [role=option]");
    if (!option || !isPlain(event)) return;
    if (option.dataset.fills) {
      event.preventDefault();
      field().value = option.dataset.fills;
      field().focus();
    }
    close();
  });

  if (field()) dress();
}
