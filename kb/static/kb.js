// Everything works without this file: it only makes some things quicker.
"use strict";

// "/" puts the cursor in the question, unless one is already writing.
const question = document.getElementById("q");
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && question && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    question.focus();
    question.select();
  }
});

// The count is said once the page has settled: a screen reader hears a status only when it changes.
const status = document.querySelector("[data-said]");
if (status) setTimeout(() => { status.textContent = status.dataset.said; }, 150);

// Empty fields stay out of the address.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

// A long facet gets a field that narrows it as one types.
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
for (const facet of document.querySelectorAll("[data-facet]")) {
  const details = facet.querySelector("details");
  const values = [...facet.querySelectorAll("li")];
  if (!details || values.length < 13) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = facet.dataset.facet;
  field.setAttribute("aria-label", facet.dataset.facet);
  field.addEventListener("input", () => {
    for (const value of values) value.hidden = !folded(value.textContent).includes(folded(field.value));
  });
  details.querySelector("summary").after(field);
}
