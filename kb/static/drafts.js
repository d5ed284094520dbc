// Unsent text survives a closed tab: this browser stores it until it is sent or discarded, or until its user logs out.
// Without this file the forms work, and one that is sent too late still comes back with its text.
"use strict";

{
  const PREFIX = "draft ", SENT = "draft sent";
  const MOST = 20, LONGEST = 200_000, DAYS = 30;
  const { user, draft, discard } = document.body.dataset;
  const LAST_REVIEW = `review ${user}`;
  // A browser may refuse to store anything: then there are no drafts.
  const attempt = (action) => { try { return action(); } catch { return null; } };
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const readDraft = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));

  const [navigation] = performance.getEntriesByType("navigation");
  // A refused form comes back with its text, which is not stored anywhere yet.
  const refused = Boolean(document.querySelector(".form-error"));

  // Passwords, secrets (`data-secret`), and forms that only search, have no draft; a form that makes something says of what (`data-draft`).
  const forms = () => [...document.querySelectorAll("form[method=post], form[data-draft]")];
  const fieldsOf = (form) => [...form.querySelectorAll(":is(textarea, [type=text], [type=url], [type=email]):not([data-secret], [readonly], [hidden])")].filter(({ name }) => name);
  const choicesOf = (form) => [...form.querySelectorAll("select, [type=radio], [type=checkbox]")].filter(({ name }) => name);
  const SUBJECT = ["to", "part", "item", "entry", "id", "kind", "parameters"];
  // Two forms of a page may send to the same address: their fields distinguish them.
  const keyOf = (form) => {
    const subject = SUBJECT.map((name) => form.querySelector(`input[type=hidden][name="${name}"]`)?.value ?? "");
    const { pathname, search } = new URL(form.getAttribute("action"), location.href);
    const made = form.dataset.draft ? `?${form.dataset.draft}` : "";
    return [PREFIX + user, pathname + search + made, ...subject, fieldsOf(form)[0]?.name].join(" ").trim();
  };
  const store = (form) => attempt(() => {
    const typed = fieldsOf(form).flatMap(({ name, value, defaultValue }, place) => (value !== defaultValue || (refused && value) ? [[place, name, value]] : []));
    const file = Boolean(form.querySelector("[type=file]")?.value);
    const text = JSON.stringify({ at: Date.now(), typed, file, chosen: choicesOf(form).map(({ name, value, checked }) => [name, value, checked]) });
    if (!typed.length) localStorage.removeItem(keyOf(form));
    else if (text.length <= LONGEST) localStorage.setItem(keyOf(form), text);
    const oldest = keys().sort((one, other) => (readDraft(one)?.at ?? 0) - (readDraft(other)?.at ?? 0));
    for (const key of oldest.slice(0, -MOST)) localStorage.removeItem(key);
  });

  const make = (tag, more) => Object.assign(document.createElement(tag), more);
  const offer = (form, key) => {
    const notice = make("p", { className: "note draft", role: "status" });
    const button = make("button", { type: "button", textContent: discard, onclick() {
      for (const field of fieldsOf(form)) field.value = field.defaultValue;
      attempt(() => localStorage.removeItem(key));
      notice.remove();
      fieldsOf(form)[0]?.focus();
    } });
    form.prepend(notice);
    // Screen readers read a status only if it changes.
    // No script may choose a file.
    const again = readDraft(key)?.file && form.querySelector("[data-again]")?.dataset.again;
    setTimeout(() => notice.append(`${draft} `, again ? `${again} ` : "", button));
  };
  const unfold = (field) => {
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  };
  const restore = (form) => {
    const key = keyOf(form), fields = fieldsOf(form);
    const lost = (readDraft(key)?.typed ?? []).filter(([place, name, value]) => fields[place]?.name === name && fields[place].value !== value);
    if (!lost.length) return;
    for (const [place, , value] of lost) {
      fields[place].value = value;
      unfold(fields[place]);
    }
    // If it was sent and no answer came, the server does it once: all choices are as they were.
    const { once, chosen = [] } = readDraft(key);
    for (const [name, value, checked] of chosen) {
      for (const choice of choicesOf(form)) {
        if (choice.name !== name) continue;
        if (choice.matches("select")) {
          if (choice.value !== value) unfold(choice);
          choice.value = value;
        } else if (choice.value === value) choice.checked = checked;
      }
    }
    if (once && form.elements.once) form.elements.once.value = once;
    else if (once) form.append(make("input", { type: "hidden", name: "once", value: once }));
    offer(form, key);
  };

  const isOwn = (form) => forms().includes(form);
  let timer;
  const changed = new Set();
  const flush = () => {
    clearTimeout(timer);
    for (const form of changed) store(form);
    changed.clear();
  };
  document.addEventListener("input", ({ target }) => {
    if (!isOwn(target.form)) return;
    changed.add(target.form);
    clearTimeout(timer);
    timer = setTimeout(flush, 300);
  });
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);
  document.addEventListener("submit", ({ target, defaultPrevented }) => attempt(() => {
    if (new URL(target.action).pathname === "/logout") for (const key of [...keys(), LAST_REVIEW]) localStorage.removeItem(key);
    else if (!defaultPrevented && isOwn(target)) {
      flush();
      const key = keyOf(target), unsent = readDraft(key), { once, form_token: token } = target.elements;
      sessionStorage.setItem(SENT, key);
      if (unsent && token) localStorage.setItem(key, JSON.stringify({ ...unsent, once: (once ?? token).value }));
    }
  }));

  // The next press review can begin as the last one of this user did.
  const review = document.getElementById("review-form");
  if (review && user) attempt(() => {
    const { introduction, order, last } = review.elements, before = readDraft(LAST_REVIEW);
    review.addEventListener("submit", () => attempt(() => localStorage.setItem(LAST_REVIEW, JSON.stringify({ text: introduction.value, order: order.value }))));
    last.hidden = !before?.text || Boolean(introduction.value);
    last.onclick = () => {
      introduction.value = before.text;
      order.value = before.order;
      last.hidden = true;
    };
  });

  attempt(() => {
    for (const key of keys()) if (!(readDraft(key)?.at > Date.now() - DAYS * 86_400_000)) localStorage.removeItem(key);
    // What was sent is done if the next page says so; otherwise its text may still be needed.
    const sent = sessionStorage.getItem(SENT);
    sessionStorage.removeItem(SENT);
    // Every action that is done ends in a redirect, except those whose page says so or shows a secret; so does a login, before the form comes back.
    const isDone = navigation?.redirectCount && !document.querySelector("[data-resume], .form-error");
    if (sent && (isDone || document.querySelector(".flash, p.secret, [data-done]"))) localStorage.removeItem(sent);
  });
  if (user) for (const form of forms()) restore(form);
  // After a login the form that was sent too late is shown at once; going back leads to the button.
  if (navigation?.type === "navigate") document.querySelector("[data-resume] form")?.requestSubmit();
}
