// Marks in place: a selected passage gets a colour, a note and tags without leaving its text. The forms of the site do the
// work, so that rights, limits and undo are theirs. Without this file "Highlight this passage" leads to these forms.
"use strict";

{
  const surface = document.querySelector("[data-marking]");
  const template = document.getElementById("marker");
  const AROUND = 32; // characters kept on each side of a passage
  const LONGEST_DRAFT = 100_000;
  const make = (tag, more, ...content) => {
    const element = Object.assign(document.createElement(tag), more);
    element.append(...content);
    return element;
  };
  const attempt = (action) => { try { return action(); } catch { return null; } };

  // Positions are characters (code points) of the kept text: each block says at which one it begins (`data-start`).
  const ASIDE = ".ref, .cite, .notes, .marker, [data-aside]"; // stands in a block and is none of its text
  const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;
  const points = (text) => text.length - (text.match(PAIRS)?.length ?? 0);
  const units = (text, count) => [...text].slice(0, count).join("").length;
  const nodesOf = (block) => {
    const kind = (node) => (node.nodeType === Node.TEXT_NODE ? NodeFilter.FILTER_ACCEPT : node.matches(ASIDE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP);
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, kind), nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    return nodes;
  };
  const textOf = (block) => nodesOf(block).map(({ data }) => data).join("");
  const blocksOf = () => [...surface.querySelectorAll("[data-start]")];
  // The last of `blocks` that begins at or before a point of the document, and how far the point lies in its text.
  const placeOf = (blocks, node, offset) => {
    const point = new Range();
    point.setStart(node, offset);
    let first = 0, last = blocks.length;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (point.comparePoint(blocks[middle], 0) <= 0) first = middle + 1;
      else last = middle;
    }
    if (!first) return { at: 0, offset: 0 };
    let reached = 0;
    for (const text of nodesOf(blocks[first - 1])) {
      if (text === node) return { at: first - 1, offset: reached + offset };
      if (point.comparePoint(text, text.length) > 0) break;
      reached += text.length;
    }
    return { at: first - 1, offset: reached };
  };
  const pointAt = (block, offset) => {
    let reached = 0, node = block;
    for (node of nodesOf(block)) {
      if (reached + node.length >= offset) return [node, offset - reached];
      reached += node.length;
    }
    return [node, node.length ?? 0];
  };
  const rangeOf = (from, to) => {
    const range = new Range();
    range.setStart(...from);
    range.setEnd(...to);
    return range;
  };

  // A passage of the kept text: what a range selects of it, without spaces at its ends; null for nothing.
  const passageOfText = (range) => {
    const blocks = blocksOf();
    if (!blocks.length) return null;
    let from = placeOf(blocks, range.startContainer, range.startOffset), to = placeOf(blocks, range.endContainer, range.endOffset);
    const texts = new Map();
    const text = (at) => texts.get(at) ?? texts.set(at, textOf(blocks[at])).get(at);
    while (from.at < to.at && !text(from.at).slice(from.offset).trim()) from = { at: from.at + 1, offset: 0 };
    while (to.at > from.at && !text(to.at).slice(0, to.offset).trim()) to = { at: to.at - 1, offset: text(to.at - 1).length };
    const part = (at) => text(at).slice(at === from.at ? from.offset : 0, at === to.at ? to.offset : undefined);
    from.offset += part(from.at).length - part(from.at).trimStart().length;
    to.offset -= part(to.at).length - part(to.at).trimEnd().length;
    if (from.at === to.at && from.offset >= to.offset) return null;
    const lines = [];
    for (let at = from.at; at <= to.at; at += 1) lines.push(part(at));
    let before = text(from.at).slice(0, from.offset), after = text(to.at).slice(to.offset);
    for (let at = from.at - 1; at >= 0 && before.length < AROUND; at -= 1) before = `${text(at)}\n${before}`;
    for (let at = to.at + 1; at < blocks.length && after.length < AROUND; at += 1) after = `${after}\n${text(at)}`;
    const position = ({ at, offset }) => Number(blocks[at].dataset.start) + points(text(at).slice(0, offset));
    return {
      range: rangeOf(pointAt(blocks[from.at], from.offset), pointAt(blocks[to.at], to.offset)),
      fields: {
        quote: lines.join("\n"),
        prefix: [...before.slice(-2 * AROUND)].slice(-AROUND).join(""),
        suffix: [...after.slice(0, 2 * AROUND)].slice(0, AROUND).join(""),
        start: position(from),
        end: position(to),
      },
    };
  };
  const rangeOfText = ({ start, end }) => {
    const blocks = blocksOf();
    const pointOf = (position) => {
      const block = blocks.findLast((one) => Number(one.dataset.start) <= position);
      return block && pointAt(block, units(textOf(block), position - Number(block.dataset.start)));
    };
    const from = pointOf(Number(start)), to = pointOf(Number(end));
    return from && to ? rangeOf(from, to) : null;
  };
  // What the link after a paragraph takes.
  const rangeOfLink = (link) => {
    const block = link.parentElement.closest(".block, [data-start]"), range = new Range();
    const lines = block.matches("[data-start]") ? [block] : [...block.querySelectorAll("[data-start]")];
    range.setStart(lines[0], 0);
    range.setEnd(lines.at(-1), lines.at(-1).childNodes.length);
    return range;
  };
  const markAt = ({ target }) => target.closest?.("[data-annotation]")?.dataset.annotation;
  const rangeOfMark = (id) => {
    const marks = surface.querySelectorAll(`[data-annotation="${CSS.escape(id)}"]`), range = new Range();
    if (!marks.length) return null;
    range.setStartBefore(marks[0]);
    range.setEndAfter(marks[marks.length - 1]);
    return range;
  };
  // The pages of a PDF find passages in another way (pages.js), and are not replaced.
  const reader = { passageOf: passageOfText, rangeOf: rangeOfText, rangeOfLink, markAt, rangeOfMark, merged() {}, keep: false };

  if (surface && template) {
    const { dataset } = template;
    const { user } = document.body.dataset;
    const DRAFT = `draft ${user} ${location.pathname} mark`;
    const status = document.getElementById("marker-status");
    const form = document.importNode(template.content, true).querySelector("form");
    const { pen, body, tags, own, save, discard } = form.elements;
    const [problem, extent] = [form.querySelector(".form-error"), form.querySelector(".extent")];
    let token = dataset.token;
    let passage = null; // that will be marked
    let edited = null; // the form that changes an annotation
    let again = false; // the same passage is marked already
    let sending = false;
    let wasIn = null; // what had the focus

    const paint = (range, color = "") => {
      if (!globalThis.Highlight) return;
      for (const name of CSS.highlights.keys()) if (name.startsWith("passage")) CSS.highlights.delete(name);
      if (range) CSS.highlights.set(`passage${color && "-"}${color}`, new Highlight(range));
    };
    const say = (text, ...more) => {
      problem.hidden = !text;
      problem.replaceChildren(text, ...more);
      if (text) show();
    };
    const typed = () => (edited ? body.value !== body.defaultValue : Boolean(body.value.trim() || tags.value.trim()));

    // The form stands after the paragraph in which the passage ends, so that Tab leads there; it is shown below it.
    const show = () => {
      const box = surface.getBoundingClientRect(), rects = passage.range.getClientRects();
      const last = rects[rects.length - 1] ?? passage.range.getBoundingClientRect();
      form.style.setProperty("--top", `${Math.round(last.bottom - box.top + 6)}px`);
      form.style.setProperty("--left", `${Math.round(surface.scrollLeft + Math.max(0, Math.min(last.left - box.left, box.width - form.offsetWidth)))}px`);
    };
    // At the foot of the window it must not cover the passage.
    const uncover = () => {
      const covered = passage ? passage.range.getBoundingClientRect().bottom + 16 - form.getBoundingClientRect().top : 0;
      if (covered > 0 && getComputedStyle(form).position === "fixed") scrollBy(0, covered);
    };
    form.querySelector("details").addEventListener("toggle", uncover);
    const open = (found) => {
      passage = found;
      const isNew = !form.isConnected;
      let host = found.range.endContainer;
      while (host.parentNode && host.parentNode !== surface) host = host.parentNode;
      if (!form.isConnected || form.previousElementSibling !== host) {
        const focused = document.activeElement;
        if (host.parentNode) host.after(form);
        else surface.append(form);
        if (form.contains(focused)) focused.focus();
      }
      save.textContent = edited ? dataset.change : again ? dataset.again : dataset.save;
      discard.hidden = !edited;
      own.closest("label").hidden = Boolean(edited) || !dataset.annotate || !dataset.private;
      extent.hidden = Boolean(edited);
      document.documentElement.classList.add("marking");
      show();
      paint(found.range);
      if (isNew) uncover();
    };
    const close = ({ focus = false } = {}) => {
      const had = form.contains(document.activeElement);
      const host = form.previousElementSibling;
      form.remove();
      body.defaultValue = "";
      form.reset();
      form.classList.remove("wide");
      Object.assign(form.querySelector("details"), { open: false });
      say("");
      passage = edited = null;
      again = false;
      paint(null);
      document.documentElement.classList.remove("marking");
      attempt(() => localStorage.removeItem(DRAFT));
      if (had || focus) (wasIn?.isConnected ? wasIn : host?.querySelector(".cite") ?? host)?.focus({ preventScroll: true });
      wasIn = null;
    };

    const look = () => {
      if (sending || form.contains(document.activeElement)) return;
      const selection = getSelection();
      if (!selection.anchorNode || selection.isCollapsed) {
        if (passage && !typed()) close();
        return;
      }
      const range = selection.getRangeAt(0);
      const found = range.intersectsNode(surface) && reader.passageOf(range);
      if (!found) return;
      if (edited && typed()) return;
      if (edited) close();
      again = false;
      say("");
      open(found);
    };
    // A mouse button tells when a selection is done; fingers and keys change it until they rest.
    let pressed = false, waiting;
    document.addEventListener("pointerdown", ({ pointerType, button }) => { pressed = pointerType === "mouse" && !button; });
    document.addEventListener("pointerup", () => {
      pressed = false;
      clearTimeout(waiting);
      waiting = setTimeout(look);
    });
    document.addEventListener("selectionchange", () => {
      if (pressed) return;
      clearTimeout(waiting);
      waiting = setTimeout(look, 250);
    });
    // What is pressed next is about the selection as it is now.
    form.addEventListener("pointerdown", () => {
      clearTimeout(waiting);
      look();
    }, { capture: true });
    addEventListener("resize", () => { if (passage) show(); });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !passage || event.defaultPrevented || sending) return;
      event.preventDefault();
      getSelection().removeAllRanges();
      close({ focus: true });
    });

    // By keyboard and for screen readers: "Highlight this passage" takes the paragraph, and buttons move both ends word by word.
    const select = (range) => {
      getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
      const found = reader.passageOf(range);
      if (found) open(found);
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.(".cite");
      if (!link || !surface.contains(link) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (edited) close();
      wasIn = link;
      select(reader.rangeOfLink(link));
      form.classList.add("wide");
      form.querySelector("button").focus();
    });
    const move = { start: (selection, way) => {
      const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
      selection.setBaseAndExtent(endContainer, endOffset, startContainer, startOffset);
      selection.modify("extend", way, "word");
    }, end: (selection, way) => {
      const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
      selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
      selection.modify("extend", way, "word");
    } };
    extent.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      const selection = getSelection(), { startContainer, startOffset, endContainer, endOffset } = passage.range;
      selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
      move[button.name](selection, button.value);
      const found = selection.isCollapsed ? null : reader.passageOf(selection.getRangeAt(0));
      if (found) open(found);
      button.focus();
      status.textContent = `« ${passage.fields.quote.length > 200 ? `${passage.fields.quote.slice(0, 90)} … ${passage.fields.quote.slice(-90)}` : passage.fields.quote} »`;
    });

    // Unsent words survive a closed tab, as those of other forms do (drafts.js deletes them when their user logs out).
    const store = () => attempt(() => {
      const { quote, start, end } = passage.fields;
      const text = JSON.stringify({ at: Date.now(), start, end, quote, color: pen.value, body: body.value, tags: tags.value, own: own.checked });
      if (!edited && typed() && text.length < LONGEST_DRAFT) localStorage.setItem(DRAFT, text);
      else if (!edited) localStorage.removeItem(DRAFT);
    });
    form.addEventListener("input", () => { if (passage) store(); });
    form.addEventListener("change", ({ target }) => {
      if (target.name === "pen") attempt(() => localStorage.setItem("pen", pen.value));
    });

    const pageOf = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
    const here = () => {
      const url = new URL(location);
      for (const name of ["done", "undo"]) url.searchParams.delete(name);
      return url.pathname + url.search;
    };
    const asked = (address, options) => fetch(address, options).catch(() => { throw new Error(dataset.offline); });
    const post = (address, fields) => asked(address, { method: "POST", body: new URLSearchParams([...fields, ["form_token", token], ["back", here()]]) });
    // The page after the action. An error has the sentence for the user.
    const send = async (address, fields) => {
      let answer = await post(address, fields);
      if (answer.status === 403) {
        // Another login in another tab has made the token of this page too old.
        const now = (await pageOf(await asked(here()))).getElementById("marker")?.dataset.token;
        if (now && now !== token) {
          token = now;
          answer = await post(address, fields);
        }
      }
      const page = await pageOf(answer);
      if (answer.ok && new URL(answer.url).searchParams.has("done")) return page;
      const sentence = (page.querySelector(".form-error") ?? page.querySelector("main .lead"))?.textContent.trim();
      throw Object.assign(new Error(sentence || dataset.refused), { status: answer.status, page });
    };
    const formOf = (page) => page.querySelector("main form.words");
    const fieldsOf = (sheet) => {
      const { form_token: _token, back: _back, ...fields } = Object.fromEntries(new FormData(sheet));
      return fields;
    };
    const fail = (error) => {
      if (error.status === 401) {
        const link = make("a", { href: dataset.login, target: "_blank", rel: "noopener", textContent: dataset.loginLabel });
        say(`${dataset.signedOut} `, link);
      } else say(error.message);
      const sheet = error.status === 409 && edited && formOf(error.page);
      if (sheet) {
        // Changed in another window: the user sees how, and may save all the same.
        edited.fields = fieldsOf(sheet);
        problem.append(make("q", { textContent: edited.fields["r-body"] }));
      }
      again = error.status === 409 && !edited;
      if (again) save.textContent = dataset.again;
    };

    // Only what has changed is replaced: also what others have marked meanwhile. Returns the message of the page.
    const merge = (page) => {
      document.getElementById("marked")?.remove();
      const news = reader.keep ? null : page.getElementById(surface.id);
      if (news) {
        const [before, after] = [[...surface.children], [...news.children]];
        if (before.length !== after.length) surface.replaceChildren(...after.map((one) => document.importNode(one, true)));
        else before.forEach((one, at) => { if (!one.isEqualNode(after[at])) one.replaceWith(document.importNode(after[at], true)); });
        surface.dataset.version = news.dataset.version ?? "";
      }
      for (const now of page.querySelectorAll("[data-merge]")) {
        const part = document.getElementById(now.id);
        if (part?.isEqualNode(now)) continue;
        if (part) part.replaceWith(document.importNode(now, true));
        // The first of its kind goes where the page has it: after what stands before it.
        else [...document.querySelectorAll(`.${now.previousElementSibling.classList[0]}`)].at(-1)?.after(document.importNode(now, true));
      }
      for (const part of document.querySelectorAll("[data-merge]")) if (!page.getElementById(part.id)) part.remove();
      token = page.getElementById("marker")?.dataset.token ?? token;
      reader.merged();
      const flash = page.querySelector(".flash");
      if (!flash) return null;
      const said = document.importNode(flash, true), dismiss = make("button", { type: "button", textContent: "×", onclick: () => said.remove() });
      status.textContent = (said.querySelector("[role=status]") ?? said).textContent;
      dismiss.setAttribute("aria-label", dataset.close);
      said.append(dismiss);
      said.id = "marked";
      return said;
    };
    const act = async (address, fields) => {
      if (sending) return;
      sending = true;
      form.classList.add("sending");
      try {
        const page = await send(address, fields);
        getSelection().removeAllRanges();
        const links = () => [...surface.querySelectorAll(".cite")];
        const had = form.contains(document.activeElement) ? links().findLastIndex((link) => form.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_PRECEDING) : -1;
        const at = wasIn?.matches(".cite") ? links().indexOf(wasIn) : had;
        if (passage) close();
        const said = merge(page), link = had >= 0 && links()[at];
        link?.focus?.({ preventScroll: true });
        // It is shown at the foot of the window; by keyboard, the button that undoes it comes next.
        if (said && link) [...surface.children].find((one) => one.contains(link)).after(said);
        else if (said) document.getElementById("main").append(said);
      } catch (error) {
        if (passage) fail(error);
        else {
          document.getElementById("marked")?.remove();
          const said = make("p", { id: "marked", className: "flash", role: "alert" });
          document.getElementById("main").append(said);
          said.append(error.status === 401 ? dataset.signedOut : error.message);
        }
      } finally {
        sending = false;
        form.classList.remove("sending");
      }
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = { body: body.value, color: pen.value, tags: tags.value };
      paint(passage.range, pen.value);
      if (edited) act(edited.action, Object.entries({ ...edited.fields, ...fields }));
      else {
        const version = surface.dataset.version ? { version: surface.dataset.version } : {};
        const isOwn = own.checked || !dataset.annotate;
        const kind = isOwn ? "private" : "passage";
        act(isOwn ? dataset.private : dataset.annotate, Object.entries({ ...passage.fields, ...version, ...fields, kind, ...(again && { again: "1" }) }));
      }
    });
    form.addEventListener("click", ({ target }) => {
      if (target.name === "cancel") {
        getSelection().removeAllRanges();
        close({ focus: true });
      } else if (target.name === "discard") {
        act(edited.action.replace(/\/words$/, "/moderation"), [["act", "remove"], ["part", edited.fields.part]]);
      }
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit();
    });

    // One's own annotation is changed where it stands: the form of its page gives what it holds.
    const edit = async (link, range) => {
      const answer = await fetch(link.href);
      const sheet = formOf(await pageOf(answer));
      if (!answer.ok || !sheet) throw new Error(answer.status);
      const fields = fieldsOf(sheet);
      if (passage) close();
      edited = { action: new URL(sheet.getAttribute("action"), location).pathname, fields };
      body.value = body.defaultValue = fields.body ?? "";
      tags.value = fields.tags ?? "";
      for (const choice of form.querySelectorAll("[name=pen]")) choice.checked = choice.value === fields.color;
      wasIn = link;
      open({ range, fields: {} });
      body.focus();
    };
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !getSelection().isCollapsed || typed()) return;
      const link = event.target.closest?.("a[href*='/words?']");
      const id = link ? new URL(link.href).searchParams.get("part") : surface.contains(event.target) ? reader.markAt(event) : null;
      if (!id) return;
      const note = document.getElementById(`a-${id}`);
      const change = link ?? note?.querySelector("a[href*='/words?']");
      const range = change && reader.rangeOfMark(id);
      if (range) {
        event.preventDefault();
        edit(change, range).catch(() => location.assign(change.href));
      } else if (!link && note) location.hash = note.id;
    });
    document.addEventListener("submit", (event) => {
      if (event.target.id !== "marked") return;
      event.preventDefault();
      act(event.target.action, [...new FormData(event.target)].filter(([name]) => name !== "form_token" && name !== "back"));
    });

    const before = attempt(() => localStorage.getItem("pen"));
    for (const choice of form.querySelectorAll("[name=pen]")) {
      if (choice.value === before) choice.defaultChecked = true;
    }
    // The words of an earlier visit come back with their passage.
    const draft = attempt(() => JSON.parse(localStorage.getItem(DRAFT)));
    let restored = !draft;
    const restore = () => {
      const range = restored || passage ? null : reader.rangeOf(draft), found = range && reader.passageOf(range);
      if (found?.fields.quote !== draft?.quote || !found) return;
      restored = true;
      open(found);
      Object.assign(body, { value: draft.body });
      Object.assign(tags, { value: draft.tags });
      Object.assign(own, { checked: draft.own });
      pen.value = draft.color;
      range.startContainer.parentElement.scrollIntoView({ block: "center" });
      show();
    };
    restore();
    globalThis.marking = { reader, restore };
  }
}
