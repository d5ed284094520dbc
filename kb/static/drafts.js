// Unsent text survives a closed tab: this browser stores it until it is sent or discarded, or until its user logs out.
// Without this file the forms work, and one that is sent too late still comes back with its text.
"use strict";

{
  const PREFIX = "draft ", SENT = "draft sent";
  const MOST = 20, LONGEST = 200_000, DAYS = 30;
  const { user, draft, discard } = document.body.dataset;
  // A browser may refuse to store anything: then there are no drafts.
  const attempt = (action) => { try { return action(); } catch { return null; } };
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const readDraft = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));

  // A refused form comes back with its text, which is not stored anywhere yet.
  const refused = Boolean(document.querySelector(".form-error"));

  // Forms with a password, and those that only search, have no draft.
  const forms = () => [...document.querySelectorAll("form[method=post]")].filter((form) => !form.querySelector("[type=password]"));
  const fieldsOf = (form) => [...form.querySelectorAll("textarea, input[type=text]")].filter((field) => field.name && !field.hidden);
  const SUBJECT = ["to", "part", "item", "entry", "id", "kind"];
  const keyOf = (form) => {
    const subject = SUBJECT.map((name) => form.querySelector(`input[type=hidden][name="${name}"]`)?.value ?? "");
    const { pathname, search } = new URL(form.getAttribute("action"), location.href);
    return `${PREFIX}${user} ${pathname}${search} ${subject.join(" ")}`.trim();
  };
  const store = (form) => attempt(() => {
    const typed = fieldsOf(form).flatMap(({ name, value, defaultValue }, place) => (value !== defaultValue || (refused && value) ? [[place, name, value]] : []));
    const text = JSON.stringify({ at: Date.now(), typed });
    if (!typed.length) localStorage.removeItem(keyOf(form));
    else if (text.length <= LONGEST) localStorage.setItem(keyOf(form), text);
    const oldest = keys().sort((one, other) => (readDraft(one)?.at ?? 0) - (readDraft(other)?.at ?? 0));
    for (const key of oldest.slice(0, -MOST)) localStorage.removeItem(key);
  });

  const offer = (form, key) => {
    const notice = document.createElement("p");
    const button = document.createElement("button");
    notice.className = "note draft";
    notice.setAttribute("role", "status");
    button.type = "button";
    button.textContent = discard;
    button.addEventListener("click", () => {
      for (const field of fieldsOf(form)) field.value = field.defaultValue;
      attempt(() => localStorage.removeItem(key));
      notice.remove();
      fieldsOf(form)[0]?.focus();
    });
    form.prepend(notice);
    // Screen readers read a status only if it changes.
    setTimeout(() => notice.append(`${draft} `, button));
  };
  const restore = (form) => {
    const key = keyOf(form), fields = fieldsOf(form);
    const lost = (readDraft(key)?.typed ?? []).filter(([place, name, value]) => fields[place]?.name === name && fields[place].value !== value);
    if (!lost.length) return;
    for (const [place, , value] of lost) fields[place].value = value;
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    offer(form, key);
  };

  const isOwn = (form) => form?.matches("form[method=post]") && forms().includes(form);
  let timer;
  const changed = new Set();
  const flush = () => {
    clearTimeout(timer);
    for (const form of changed) store(form);
    changed.clear();
  };
  document.addEventListener("input", ({ target }) => {
    if (!isOwn(target.form) || !fieldsOf(target.form).includes(target)) return;
    changed.add(target.form);
    clearTimeout(timer);
    timer = setTimeout(flush, 300);
  });
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);
  document.addEventListener("submit", ({ target, defaultPrevented }) => attempt(() => {
    if (new URL(target.action).pathname === "/logout") for (const key of keys()) localStorage.removeItem(key);
    else if (!defaultPrevented && isOwn(target)) {
      flush();
      sessionStorage.setItem(SENT, keyOf(target));
    }
  }));

  attempt(() => {
    for (const key of keys()) if (!(readDraft(key)?.at > Date.now() - DAYS * 86_400_000)) localStorage.removeItem(key);
    // What was sent is done if the next page says so; otherwise its text may still be needed.
    const sent = sessionStorage.getItem(SENT);
    sessionStorage.removeItem(SENT);
    if (sent && document.querySelector(".flash, .secret")) localStorage.removeItem(sent);
  });
  if (user) for (const form of forms()) restore(form);
  // After a login the form that was sent too late is shown at once; going back leads to the button.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") document.querySelector("[data-resume] form")?.requestSubmit();
}
