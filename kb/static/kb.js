// All pages work without this file: it only makes some actions faster.
"use strict";

const question = () => document.getElementById("q");

// "/" moves the focus to the search box, unless the user is typing in a field.
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && question() && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    question().focus();
    question().select();
  }
});

// A click elsewhere or Escape closes a menu.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", ({ target }) => { if (!target.closest("dialog")) closeMenus(target.closest(".menu")); });
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Show the current tab where the tabs scroll sideways.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.parentElement, left = tab.offsetLeft - tabs.offsetLeft;
  if (left + tab.offsetWidth > tabs.clientWidth) tabs.scrollLeft = left - 48;
}

// A link to a page that only asks for a confirmation sends the form of that page.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-send]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
    const form = document.importNode(page.querySelector("main form[method=post]"), true);
    form.hidden = true;
    document.body.append(form);
    form.requestSubmit();
  } catch {
    location.assign(link.href);
  }
});

// Leave empty fields out of the address.
document.addEventListener("formdata", (event) => {
  const data = event.formData;
  if (event.target.getAttribute("method") === "post") return;
  for (const name of new Set(data.keys())) {
    const values = data.getAll(name).filter((value) => value !== "");
    data.delete(name);
    for (const value of values) data.append(name, value);
  }
});

// Set the count after the page has loaded: screen readers read a status only when it changes.
const status = document.querySelector(".sr-only[role=status]");
const announce = () => {
  const answer = document.querySelector(".answer") ?? document.querySelector(".search .page-header h1");
  const spelling = document.querySelector(".spelling:not(.known)");
  const said = [answer, spelling].filter(Boolean).map((part) => part.textContent).join(". ");
  if (status && answer) setTimeout(() => { status.textContent = said; }, 150);
};

// A long facet gets a field that filters it while the user types; the tags of a group have their own.
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const narrow = (values, text) => {
  for (const value of values) value.hidden = !folded(value.textContent).includes(folded(text));
};
const addFilters = () => {
  for (const facet of document.querySelectorAll("[data-filter]")) {
    const values = [...facet.querySelectorAll("li")];
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = facet.dataset.filter;
    field.setAttribute("aria-label", facet.dataset.filter);
    field.addEventListener("input", () => narrow(values, field.value));
    facet.querySelector("summary").after(field);
  }
};

const listFilter = document.getElementById("list-filter");
listFilter?.addEventListener("input", () => {
  narrow(document.querySelectorAll(".cloud a, .columns a"), listFilter.value);
  const left = document.querySelectorAll(".columns a:not([hidden])").length;
  status.textContent = `${status.dataset.said} ${left}`;
});

// In a listing, a filter replaces the results without a page load, and the focus stays where it was.
const rowOf = (one) => one.closest("article")?.querySelector(".title a").pathname ?? "";
const nameOf = (link) => {
  const place = link.closest("section, nav, ul");
  const title = place?.querySelector("h3")?.textContent ?? place?.getAttribute("aria-label");
  return `${rowOf(link)}/${title}/${(link.querySelector("span:not([class]), .value, text:last-child") ?? link).textContent}`;
};
const foldName = (fold) => `${rowOf(fold)}/${fold.className || fold.firstElementChild.textContent}`;
const opened = () => new Set([...document.querySelectorAll("details[open]:not(.menu)")].map(foldName));

const boxes = () => [...document.querySelectorAll(".tick input")];
const place = () => location.pathname + location.search;
let shown = place();
let asking = new AbortController();
const ask = async (address, keep) => {
  asking.abort();
  asking = new AbortController();
  const held = document.activeElement?.closest(".search a");
  const name = held && nameOf(held);
  const open = opened();
  const [box] = boxes();
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (keep) history.pushState(null, "", answer.redirected ? answer.url : address);
    shown = place();
    document.title = page.title;
    for (const part of [".search", ".site-nav", ".footer"]) document.querySelector(part).replaceWith(page.querySelector(part));
    const form = document.getElementById("ask");
    if (form.contains(document.activeElement)) {
      for (const hidden of form.querySelectorAll("[type=hidden]")) hidden.remove();
      form.append(...page.querySelectorAll("#ask [type=hidden]"));
    } else form.replaceWith(page.getElementById("ask"));
    for (const one of document.querySelectorAll("details")) one.open = open.has(foldName(one));
    addFilters();
    for (const { src } of page.querySelectorAll("head script"))
      if (![...document.scripts].some((script) => script.src === src)) document.head.append(Object.assign(document.createElement("script"), { src }));
    document.dispatchEvent(new Event("listing"));
    showLatest();
    if (name) {
      const links = [...document.querySelectorAll(".search a")];
      // Who starts to select comes to the first box.
      const link = links.find((one) => nameOf(one) === name) ?? (box ? null : boxes()[0]) ?? document.getElementById("main");
      (link.closest(".menu:not([open])")?.querySelector("summary") ?? link).focus({ preventScroll: true });
    }
    announce();
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
};

if (document.querySelector(".search")) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".search a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const target = new URL(link.href.baseVal ?? link.href, location.href);
    // Another page of results, tag or group is a new page: scroll to its top.
    if (target.pathname !== location.pathname || link.closest(".pager")) return;
    event.preventDefault();
    ask(target.href, true);
  });
  document.addEventListener("submit", (event) => {
    const away = event.submitter?.hasAttribute("formaction") || new URL(event.target.action).pathname !== location.pathname;
    if (event.target.id !== "ask" || away) return;
    event.preventDefault();
    ask(`${event.target.action}?${new URLSearchParams(new FormData(event.target))}`, true);
  });
  // A move within the page (the link that skips to the content) needs no request.
  addEventListener("popstate", () => { if (place() !== shown) ask(location.href, false); });
}

// The answer to a second click would lack the secret that the first one made.
document.addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (dataset.once === "sent") event.preventDefault();
  else if ("once" in dataset) {
    dataset.once = "sent";
    setTimeout(() => { dataset.once = ""; }, 2000);
  }
});

// The server never sees what follows "#": ask it for the page of a heavy item that holds the annotation.
const findPart = () => {
  const part = location.hash.startsWith("#a-") ? location.hash.slice(3) : "";
  const isPaged = location.pathname.startsWith("/items/") && document.querySelector("nav a[rel=next]");
  if (!part || !isPaged || location.search.includes("part=") || document.getElementById(`a-${part}`)) return;
  location.replace(`${location.pathname}?part=${part}${location.hash}`);
};

// Scroll a wide histogram to its end.
const showLatest = () => { for (const drawing of document.querySelectorAll(".histogram")) drawing.scrollLeft = drawing.scrollWidth; };

// Screen readers read a message of the server only when it becomes readable. It is shown before, so that no button moves.
const flash = document.querySelector(".flash[role=status], .flash [role=status]");
if (flash) {
  const words = document.createElement("span");
  words.append(...flash.childNodes);
  words.inert = true;
  flash.append(words);
  setTimeout(() => { words.inert = false; }, 150);
}

// The page between two portions of a long action goes on by itself.
document.querySelector("form[data-continue]")?.requestSubmit();

findPart();
addFilters();
announce();
showLatest();
