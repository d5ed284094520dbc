// The save form requests the page by itself, and shows the state of the fetch. Typed values stay unchanged.
// Without this file the buttons of the form do the same.
"use strict";

{
  const PAUSE = 700;
  const PATIENCE = 90;
  const form = document.getElementById("save-form");
  const filled = form.dataset.filled.split(" ");
  const previewed = form.dataset.previewed.split(" ");
  const found = () => document.getElementById("found");
  const address = form.elements.url;
  const preview = document.getElementById("preview");
  let asking = null;
  let looked = form.elements.fetch.value ? address.value : "";

  const selectedTags = () => new Set([...form.querySelectorAll("#proposed :checked")].map((box) => box.value));
  // Send the form with the pressed button; the answer is the same page as without a script.
  const send = async (act) => {
    asking?.abort();
    const { signal } = asking = new AbortController();
    const sent = new URLSearchParams(new FormData(form));
    sent.set("act", act);
    const answer = await fetch(form.action, { method: "POST", body: sent, signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("found")) throw new Error(answer.status);
    return page;
  };
  const showPreview = (facts) => {
    preview.replaceChildren(...facts.flatMap((fact) => {
      const part = document.createElement("span");
      part.textContent = fact;
      return [part, " "];
    }));
    preview.hidden = !facts.length;
  };
  const take = (page) => {
    const other = page.getElementById("save-form").elements;
    for (const name of filled) {
      const field = form.elements[name];
      if ((!field.value || field.value === field.dataset.brought) && field !== document.activeElement) {
        field.value = other[name].value;
        field.dataset.brought = other[name].value;
      }
    }
    form.elements.fetch.value = other.fetch.value;
    showPreview([...page.getElementById("preview").children].map((fact) => fact.textContent));
    const had = found().contains(document.activeElement);
    const next = page.getElementById("found");
    const wrong = page.getElementById("form-error");
    if (wrong) next.prepend(wrong);
    found().replaceChildren(...next.childNodes);
    if (had) found().focus();
    const proposed = document.getElementById("proposed");
    const taken = selectedTags();
    proposed.replaceChildren(...page.getElementById("proposed").childNodes);
    proposed.hidden = !proposed.querySelector("input");
    for (const box of proposed.querySelectorAll("input")) box.checked = taken.has(box.value);
    return next.dataset.poll;
  };
  const wait = async (poll, { signal }) => {
    for (let turn = 0; turn < PATIENCE; turn += 1) {
      await new Promise((done) => setTimeout(done, PAUSE));
      signal.throwIfAborted();
      const answer = await fetch(poll, { signal });
      if (!answer.ok) throw new Error(answer.status);
      const { over, told } = await answer.json();
      const said = found().querySelector(".fetch-state")?.firstChild;
      if (over) return true;
      if (said && said.nodeValue.trim() !== told) said.nodeValue = `${told} `;
    }
    return false;
  };
  const run = async (act) => {
    try {
      const poll = take(await send(act));
      if (poll && (await wait(poll, asking))) take(await send("again"));
    } catch (error) {
      if (error.name === "AbortError") return;
      const said = document.createElement("p");
      said.className = "fetch-state failed";
      said.textContent = form.dataset.failed;
      found().replaceChildren(said);
    }
  };
  const look = () => {
    const typed = address.value.trim();
    if (!typed || typed === looked) return;
    looked = typed;
    run("look");
  };

  // The line below the title shows what the fold holds, also while it is closed.
  form.addEventListener("input", ({ target }) => {
    if (previewed.includes(target.name)) showPreview(previewed.map((name) => form.elements[name].value.trim()).filter(Boolean));
  });
  address.addEventListener("change", look);
  address.addEventListener("paste", () => setTimeout(look));
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !address.value.trim() || address.value.trim() === looked) return;
    event.preventDefault();
    look();
  });
  form.elements.group.addEventListener("change", () => run("again"));
  form.addEventListener("submit", (event) => {
    const act = event.submitter?.value;
    if (act === "look" || (act === "again" && event.submitter.closest("#found"))) {
      event.preventDefault();
      looked = address.value.trim();
      run(act);
    } else if (form.dataset.sent) {
      // Pressed twice: the first request is still running.
      event.preventDefault();
    } else {
      asking?.abort();
      form.dataset.sent = "yes";
    }
  });
  // A user who returns to the form by the browser's history may send it again.
  addEventListener("pageshow", () => { delete form.dataset.sent; });

  if ("looks" in form.dataset) look();
  else if (found().dataset.poll) {
    asking = new AbortController();
    wait(found().dataset.poll, asking).then((over) => over && run("again"), () => {});
  }
}
