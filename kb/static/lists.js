// The list editor works without this file: it adds dragging by the handle, Alt with the arrow keys, writing in place, and
// counts.
"use strict";

const pane = document.querySelector(".add-pane");
if (pane && matchMedia("(min-width: 60rem)").matches) pane.open = true;

const PAUSE = 400;
const rows = document.querySelector(".list-rows");
const moves = document.getElementById("moves");

// Send the form of the buttons for one row: move it after another entry.
const moveAfter = (row, after) => {
  for (const box of rows.querySelectorAll("[name=chosen]")) box.checked = box.value === row.dataset.entry;
  moves.elements.after.value = after;
  moves.requestSubmit(moves.querySelector("[value=put]"));
};

// Place a row where it is now, after the one above it.
const sendPlace = (row) => {
  const above = row.previousElementSibling;
  if (above) moveAfter(row, above.dataset.entry);
  else if (rows.start === 1) moveAfter(row, "start");
  else {
    // The first row of a later page follows the last of the page before, which has no row here.
    const form = row.querySelector("form");
    form.elements.place.value = rows.start;
    form.requestSubmit(form.querySelector("[value=place]"));
  }
};

if (rows) {
  for (const grip of rows.querySelectorAll(".grip")) {
    grip.ariaHidden = true;
    grip.hidden = false;
  }
  let row = null;
  let before = null;
  let carried = null;
  let waiting = 0;
  rows.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (!grip || event.button) return;
    event.preventDefault();
    row = grip.closest("li");
    before = row.nextElementSibling;
    row.classList.add("dragged");
    rows.setPointerCapture(event.pointerId);
  });
  rows.addEventListener("pointermove", ({ clientY }) => {
    if (!row) return;
    const others = [...rows.children].filter((one) => one !== row);
    const next = others.find((one) => { const box = one.getBoundingClientRect(); return clientY < box.top + box.height / 2; });
    if (next !== row.nextElementSibling) rows.insertBefore(row, next ?? null);
    if (clientY < 48) scrollBy({ top: -16, behavior: "instant" });
    else if (clientY > innerHeight - 48) scrollBy({ top: 16, behavior: "instant" });
  });
  const drop = (done) => {
    if (!row) return;
    const moved = row;
    row = null;
    moved.classList.remove("dragged");
    if (!done) rows.insertBefore(moved, before);
    else if (moved.nextElementSibling !== before) {
      sendPlace(moved);
    }
  };
  rows.addEventListener("pointerup", () => drop(true));
  rows.addEventListener("pointercancel", () => drop(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") drop(false);
    const way = event.altKey && { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const stepped = way && event.target.closest(".list-row");
    if (!stepped) return;
    event.preventDefault();
    const other = way === "up" ? stepped.previousElementSibling : stepped.nextElementSibling;
    if (carried && carried !== stepped) return;
    if (other) {
      carried = stepped;
      // The other row moves, so that this one keeps the focus. The place is sent once no key follows: a load for each
      // key would lose the next ones.
      if (way === "up") stepped.after(other);
      else stepped.before(other);
      clearTimeout(waiting);
      waiting = setTimeout(sendPlace, PAUSE, stepped);
    } else if (!carried) stepped.querySelector(`[value^="${way} "]`)?.click();
  });
  // After a move the focus is at the moved entry, so that the next key moves it on. Until the page is loaded, the browser
  // takes the focus away again when it scrolls to the entry.
  const moved = location.hash.startsWith("#e-") && document.getElementById(location.hash.slice(1));
  if (moved) addEventListener("load", () => setTimeout(() => moved.querySelector("[name=chosen]")?.focus({ preventScroll: true })));
}

// Write below the row under the pointer or with the focus; by touch its menu leads to the same form.
const write = document.getElementById("write");
if (rows && matchMedia("(hover: hover)").matches) {
  const { after, words, act: [heading, text] } = write.elements;
  // A heading is one line, which Enter adds.
  words.onkeydown = ({ key }) => {
    if (key !== "Enter" || !text.hidden) return true;
    heading.click();
    return false;
  };
  const insert = Object.assign(document.createElement("span"), { className: "list-insert" });
  for (const act of [heading, text]) {
    insert.append(Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: rows.dataset[act.value], onclick() {
      const row = insert.parentElement;
      row.append(write);
      after.value = row.dataset.entry;
      heading.hidden = act === text;
      text.hidden = act !== text;
      words.rows = text.hidden ? 1 : 3;
      words.focus();
    } }));
  }
  const offer = ({ target }) => {
    const row = target.closest(".list-row");
    if (row && !row.contains(insert) && !insert.contains(document.activeElement)) row.querySelector(".row-menu").before(insert);
  };
  rows.addEventListener("pointerover", offer);
  rows.addEventListener("focusin", offer);
}

const adds = document.getElementById("adds");
const button = adds?.querySelector("[data-count]");
const plain = button?.textContent;
adds?.addEventListener("change", () => {
  const count = adds.querySelectorAll("[name=add]:checked").length;
  button.textContent = count ? button.dataset.count.replace("{n}", count) : plain;
});
