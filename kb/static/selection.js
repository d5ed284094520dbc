// The bar of a listing whose results can be selected. It uses `boxes`, `place` and `shown` of kb.js.
"use strict";

// Count what is selected, and select all of this page without a request.
const countSelected = () => {
  const said = document.querySelector(".selection [role=status]");
  if (!said) return;
  const every = document.querySelector(".selection [name=scope]");
  const ids = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const count = every?.checked ? every.dataset.total : ids.size + Number(said.dataset.elsewhere);
  said.textContent = said.dataset[count < 2 ? "one" : "many"].replace("#", count);
  const page = document.querySelector(".selection [name=tick]");
  if (page) page.textContent = page.dataset[page.value = boxes().every((box) => box.checked) ? "none" : "page"];
};
document.addEventListener("change", (event) => { if (event.target.closest(".tick, .selection")) countSelected(); });
document.addEventListener("click", (event) => {
  if (!event.target.closest(".selection [name=tick]")) return;
  event.preventDefault();
  const whole = boxes().every((box) => box.checked);
  for (const box of boxes()) box.checked = !whole;
  boxes()[0].dispatchEvent(new Event("change", { bubbles: true }));
});

// The address of this page, links and forms that lead to another listing keep what is selected, and the draft list that it
// is for.
const LISTING = /^\/(search|saved\/[^/]+|g\/[^/]+(\/tag\/[^/]+)?)$/;
const selectedIds = () => { const form = document.getElementById("selection"); return form ? new FormData(form).getAll("item") : []; };
const listingFields = (url) => {
  const ids = url.origin === location.origin && LISTING.test(url.pathname) ? selectedIds() : [];
  const draft = document.getElementById("draft");
  return [...(ids.length ? [["select", "1"]] : []), ...ids.map((id) => ["item", id]), ...(ids.length && draft ? [["list", draft.value]] : [])];
};
const withSelection = (address) => {
  const url = new URL(address, location), fields = listingFields(url);
  for (const [name] of fields) url.searchParams.delete(name);
  for (const field of fields) url.searchParams.append(...field);
  return fields.length ? url.href : address;
};
document.addEventListener("change", ({ target }) => {
  if (!target.closest(".tick")) return;
  const url = new URL(location);
  url.searchParams.delete("item");
  history.replaceState(null, "", withSelection(url.href));
  shown = place();
});
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[href]:not([href^='#'], .toolbar > a)");
  if (link) link.setAttribute("href", withSelection(link.getAttribute("href")));
}, true);
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.id === "selection" || target.method !== "get") return;
  for (const field of listingFields(new URL(target.action))) formData.append(...field);
});

document.addEventListener("listing", countSelected);
countSelected();
