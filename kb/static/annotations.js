// The forms work without this file: it likes without a page load, shows the source recognised in a line, and completes logins.
"use strict";

{
  // One request at a time: an answer older than a later request is dropped.
  const asker = (pause, use) => {
    let timer, asked;
    return (address) => {
      clearTimeout(timer);
      asked?.abort();
      if (!address) return use("");
      asked = new AbortController();
      const { signal } = asked;
      timer = setTimeout(async () => {
        try {
          const answer = await fetch(address, { signal });
          if (answer.ok) use(await answer.text());
        } catch { /* show nothing */ }
      }, pause);
      return undefined;
    };
  };
  const addressed = (address, name, value) => {
    const url = new URL(address, location.href);
    url.searchParams.set(name, value);
    return url;
  };

  const subjectOf = (button) => button.value.replace(/^\w+ /, "");
  const like = async (button) => {
    const body = new URLSearchParams(new FormData(button.form));
    body.set("like", button.value);
    const answer = await fetch(button.form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = [...page.querySelectorAll("button.like")].find((one) => subjectOf(one) === subjectOf(button));
    button.value = now.value;
    button.textContent = now.textContent;
    button.title = now.title;
    button.setAttribute("aria-pressed", now.getAttribute("aria-pressed"));
  };
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.matches("button.like")) return;
    event.preventDefault();
    if (button.dataset.busy) return;
    button.dataset.busy = "1";
    like(button).catch(() => location.reload()).finally(() => delete button.dataset.busy);
  });

  for (const form of document.querySelectorAll("form[data-source]")) {
    const said = form.querySelector("[data-recognised]");
    const ask = asker(300, (text) => { if (said.textContent !== text) said.textContent = text; });
    form.elements.body.addEventListener("input", () => {
      const line = form.elements.body.value.split("\n").find((one) => /,.*\d{4}/.test(one));
      ask(line ? addressed(form.dataset.source, "text", line.slice(0, 300)) : "");
    });
  }

  const complete = (form) => {
    const area = form.elements.body;
    const list = document.createElement("div");
    Object.assign(list, { className: "people-menu", id: `${area.id}-names`, hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", area.dataset.names);
    area.after(list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", list.id);
    const started = () => /(?:^|[^\w@./+-])@([A-Za-z0-9-]*)$/.exec(area.value.slice(0, area.selectionStart));
    const options = () => [...list.children];
    const selected = () => list.querySelector("[aria-selected=true]");
    const close = () => {
      list.hidden = true;
      list.replaceChildren();
      area.removeAttribute("aria-activedescendant");
    };
    const choose = (option) => {
      for (const one of options()) one.setAttribute("aria-selected", one === option);
      area.setAttribute("aria-activedescendant", option.id);
    };
    const take = (option) => {
      const found = started();
      if (found) {
        const end = area.selectionStart;
        area.setRangeText(`${option.dataset.login} `, end - found[1].length, end, "end");
      }
      close();
      area.focus();
    };
    const ask = asker(120, (text) => {
      close();
      const people = text && started() ? JSON.parse(text) : [];
      people.forEach(({ login, name }, place) => {
        const option = document.createElement("div");
        option.id = `${list.id}-${place}`;
        option.dataset.login = login;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = name === login ? `@${login}` : `@${login} – ${name}`;
        list.append(option);
      });
      list.hidden = !people.length;
      list.style.top = `${area.offsetTop + area.offsetHeight}px`;
    });
    area.addEventListener("input", () => {
      const found = started();
      ask(found ? addressed(form.dataset.people, "q", found[1]) : "");
    });
    area.addEventListener("blur", close);
    area.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const all = options(), at = all.indexOf(selected());
      if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
      else if (event.key === "ArrowUp") choose(all[at < 1 ? all.length - 1 : at - 1]);
      else if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(all[at]);
      else return;
      event.preventDefault();
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
  };
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("form[data-people] [name=body]:not([aria-autocomplete])")) complete(target.form);
  });
}
