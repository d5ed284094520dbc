// Tag autocomplete while the user types: a combobox with a list (WAI-ARIA 1.2). The chosen tag
// replaces the tag that is being typed. Without this file it is a plain field.
"use strict";

{
  const PAUSE = 150;
  const listOf = (field) => document.getElementById(field.dataset.list);
  const optionsOf = (field) => [...listOf(field).querySelectorAll("[role=option]")];
  const pointedIn = (field) => listOf(field).querySelector("[aria-selected=true]");
  let asking = null;

  const made = (name, attributes, ...content) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };
  // The tag being typed ends at the cursor; quotation marks enclose one tag.
  const begun = (field) => {
    const before = field.value.slice(0, field.selectionStart);
    if (field.hasAttribute("data-one")) return { start: 0, end: field.value.length, text: before.trim() };
    const start = before.match(/^(?:\s*"(?:[^"]|"")*"\s*[,;]|[^,;]*[,;])*/)[0].length;
    const end = field.selectionStart + field.value.slice(field.selectionStart).match(/^[^,;]*/)[0].length;
    return { start, end, text: before.slice(start).replace(/^\s*"/, "").trim() };
  };
  const point = (field, option) => {
    pointedIn(field)?.setAttribute("aria-selected", false);
    option?.setAttribute("aria-selected", true);
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  };
  const show = (field, open) => {
    const said = listOf(field).nextElementSibling;
    point(field, null);
    listOf(field).hidden = !open;
    field.setAttribute("aria-expanded", open);
    said.textContent = open ? `${said.dataset.said} ${optionsOf(field).length}` : "";
  };
  const close = (field) => {
    asking?.abort();
    asking = null;
    show(field, false);
  };
  const propose = async (field, pause, then) => {
    asking?.abort();
    const { signal } = asking = new AbortController();
    try {
      await new Promise((done) => setTimeout(done, pause));
      signal.throwIfAborted();
      const group = encodeURIComponent(field.form.elements.group?.value ?? "");
      const address = field.dataset.tags.replace("{group}", group);
      const answer = await fetch(`${address}?${new URLSearchParams({ q: begun(field).text })}`, { signal });
      if (!answer.ok) throw new Error(answer.status);
      const kinds = await answer.json();
      asking = null;
      let number = 0;
      const optionOf = ({ tag, hint }) =>
        made("a", { role: "option", "aria-selected": false, "data-tag": tag, id: `${field.dataset.list}-${number++}` },
          made("span", { dir: "auto" }, tag), " ", made("b", {}, hint));
      listOf(field).replaceChildren(...kinds.map(({ title, tags }) =>
        made("div", { role: "group", "aria-label": title },
          made("b", { "aria-hidden": true }, title), ...tags.map(optionOf))));
      show(field, number > 0);
      then?.();
    } catch (error) {
      if (error.name !== "AbortError") close(field);
    }
  };
  const choose = (field, { dataset: { tag } }) => {
    const { start, end } = begun(field);
    const isOne = field.hasAttribute("data-one");
    const written = !isOne && /[,;]|^\s*"/.test(tag) ? `"${tag.replaceAll('"', '""')}"` : tag;
    const before = field.value.slice(0, start).trimEnd();
    const after = field.value.slice(end).replace(/^[,;]?\s*/, "");
    const head = (before && `${before} `) + written + (isOne ? "" : ", ");
    field.value = head + (isOne ? "" : after);
    field.setSelectionRange(head.length, head.length);
    close(field);
  };
  const step = (field, by) => {
    const all = optionsOf(field);
    const place = all.indexOf(pointedIn(field));
    point(field, all.at(place < 0 && by < 0 ? -1 : (place + by) % all.length));
  };
  const press = (field, event) => {
    const isOpen = !listOf(field).hidden;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && isOpen) step(field, by);
    else if (by) propose(field, 0, () => step(field, by));
    else if (event.key === "Escape" && (isOpen || asking)) close(field);
    else if (event.key === "Enter" && pointedIn(field)) choose(field, pointedIn(field));
    else return;
    event.preventDefault();
  };

  const onField = (type, act) => document.addEventListener(type, (event) => {
    if (event.target.matches?.("[data-tags]") && !event.isComposing) act(event.target, event);
  });
  onField("focusin", (field) => {
    const list = listOf(field);
    const given = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": !list.hidden };
    for (const [name, value] of Object.entries(given)) field.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", list.dataset.label);
  });
  onField("focusout", close);
  onField("input", (field) => (begun(field).text ? propose(field, PAUSE) : close(field)));
  onField("keydown", (field, event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) press(field, event);
  });
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".tagfield .proposals")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const option = event.target.closest(".tagfield [role=option]");
    if (option) choose(option.closest(".tagfield").querySelector("[data-tags]"), option);
  });
}
