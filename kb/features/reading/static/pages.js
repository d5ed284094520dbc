// The pages of a PDF as they look, by pdf.js: drawn when they come near, each below its own text, in which passages are
// found by their words. Scripts of the PDF, forms and addresses in it are left alone.
"use strict";

{
  const surface = document.getElementById("pages");
  const status = document.getElementById("pages-status");
  const tellFailure = () => { status.textContent = status.dataset.failed; };
  const { dataset } = surface;
  const MOST_PAGES = 2000, MOST_DRAWN = 6, MOST_PIXELS = 12_000_000, MOST_LINES = 12;
  const ZOOMS = [1, 1.25, 1.5, 2, 2.5, 3];
  const AROUND = 32, ENOUGH = 20; // characters of the surroundings, and of a part that is sure enough
  const COLORS = ["yellow", "green", "blue", "pink"];
  const sheets = []; // of each page: its element, and what was made of it
  const passages = () => JSON.parse(document.getElementById("passages").textContent);

  // The text of a page without spaces, in compatible letters, as the kept text has them too ("ﬁ" is "fi"); each letter
  // with the place where it stands.
  const plain = (text) => text.normalize("NFKC").replace(/[\s\u00ad]+/g, "");
  const lettersOf = (layer) => {
    const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT), places = [];
    let text = "";
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      let offset = 0;
      for (const letter of node.data) {
        const said = plain(letter);
        for (let at = 0; at < said.length; at += 1) places.push([node, offset, offset + letter.length]);
        text += said;
        offset += letter.length;
      }
    }
    return { text, places };
  };
  const rangeOf = ({ places }, start, end) => {
    const range = new Range();
    range.setStart(places[start][0], places[start][1]);
    range.setEnd(places[end - 1][0], places[end - 1][2]);
    return range;
  };
  const alike = (one, other) => {
    let length = 0;
    while (length < one.length && length < other.length && one.at(-1 - length) === other.at(-1 - length)) length += 1;
    return length;
  };
  const reversed = (text) => [...text].reverse().join("");
  // Where a passage stands on a page: the place whose surroundings are most like its own; a passage over two pages by its
  // beginning or its end.
  const find = (page, { quote, prefix, suffix, page: number = 0 }, on) => {
    // The server reads the pages in its own way: a passage may begin on the next one.
    if (number && Math.abs(number - on) > 1) return null;
    const wanted = plain(quote), before = plain(prefix), after = plain(suffix), { text } = page;
    if (!wanted) return null;
    let best = null, most = -1;
    for (let at = text.indexOf(wanted), tries = 0; at >= 0 && tries < 200; at = text.indexOf(wanted, at + 1), tries += 1) {
      const like = alike(text.slice(Math.max(0, at - before.length), at), before) + alike(reversed(text.slice(at + wanted.length, at + wanted.length + after.length)), reversed(after));
      if (like > most) [best, most] = [at, like];
    }
    // A short one without its surroundings may stand on another page.
    if (best !== null && (wanted.length >= ENOUGH || number === on || most >= Math.min(4, before.length + after.length))) return rangeOf(page, best, best + wanted.length);
    if (best !== null || wanted.length < 2 * ENOUGH) return null;
    const head = text.lastIndexOf(wanted.slice(0, ENOUGH)), tail = text.indexOf(wanted.slice(-ENOUGH));
    if (head >= 0 && wanted.startsWith(text.slice(head))) return rangeOf(page, head, text.length);
    if (tail >= 0 && wanted.endsWith(text.slice(0, tail + ENOUGH))) return rangeOf(page, 0, tail + ENOUGH);
    return null;
  };

  // By keyboard and for screen readers: a button for each paragraph, that is for lines that stand near each other, which
  // appears around it with the focus.
  const blocks = new WeakMap(); // the first and the last piece of text of each button
  const addButtons = ({ element, layer }) => {
    const found = [];
    for (const piece of layer.querySelectorAll("span:not(.markedContent)")) {
      if (!piece.textContent.trim()) continue;
      const rect = piece.getBoundingClientRect(), { top, bottom, left, right, height } = rect, block = found.at(-1);
      const isSameLine = block && Math.abs(bottom - block.line.bottom) < height / 2;
      const isNext = block && !isSameLine && bottom > block.line.bottom && top - block.line.bottom < height * .75 && Math.abs(height - block.line.height) < height / 5;
      if (!isSameLine && !(isNext && block.lines < MOST_LINES)) {
        found.push({ pieces: [piece], top, bottom, left, right, line: rect, lines: 1 });
        continue;
      }
      block.pieces.push(piece);
      Object.assign(block, { top: Math.min(block.top, top), bottom: Math.max(block.bottom, bottom), left: Math.min(block.left, left), right: Math.max(block.right, right) });
      if (isNext) Object.assign(block, { line: rect, lines: block.lines + 1 });
    }
    const box = layer.getBoundingClientRect(), { mark } = dataset;
    for (const { pieces, top, bottom, left, right } of found) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "cite", lang: document.documentElement.lang });
      button.append(Object.assign(document.createElement("span"), { textContent: mark }));
      button.setAttribute("aria-label", `${mark} « ${pieces.map(({ textContent }) => textContent).join(" ").slice(0, 60)} »`);
      const [x, y, width, height] = [(left - box.left) / box.width, (top - box.top) / box.height, (right - left) / box.width, (bottom - top) / box.height];
      Object.assign(button.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * width}%`, height: `${100 * height}%` });
      blocks.set(button, [pieces[0], pieces.at(-1)]);
      element.append(button);
    }
  };
  const rangeOfButton = (button) => {
    const range = new Range(), [first, last] = blocks.get(button);
    range.setStartBefore(first);
    range.setEndAfter(last);
    return range;
  };

  let marks = []; // the passages that were found, with their ranges
  const drawMarks = () => {
    marks = [];
    for (const { letters, number } of sheets) {
      if (!letters) continue;
      for (const passage of passages()) {
        const range = find(letters, passage, number);
        if (range) marks.push({ ...passage, range });
      }
    }
    if (!globalThis.Highlight) return;
    for (const color of COLORS) CSS.highlights.set(`mark-${color}`, new Highlight(...marks.filter((mark) => mark.color === color).map(({ range }) => range)));
    globalThis.marking?.restore();
  };
  const passageOf = (range) => {
    const drawn = sheets.filter(({ letters, layer }) => letters && range.intersectsNode(layer));
    const inside = drawn.map(({ letters }) => letters.places.flatMap(([node, start, end], at) => {
      // A point at the edge of a letter selects nothing of it.
      return range.comparePoint(node, start) >= 0 && range.comparePoint(node, end) <= 0 ? [at] : [];
    }));
    const first = inside.findIndex((one) => one.length), last = inside.findLastIndex((one) => one.length);
    if (first < 0) return null;
    const from = inside[first][0], to = inside[last].at(-1) + 1;
    const found = new Range();
    found.setStart(drawn[first].letters.places[from][0], drawn[first].letters.places[from][1]);
    found.setEnd(drawn[last].letters.places[to - 1][0], drawn[last].letters.places[to - 1][2]);
    // What the browser would copy: words of lines that follow each other have a space between them.
    const words = (one) => {
      const lines = [];
      for (const { layer } of drawn) {
        const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        while (walker.nextNode()) {
          const { currentNode: node } = walker;
          if (node.nodeName === "BR") lines.push("\n");
          else if (node.nodeType === Node.TEXT_NODE && one.intersectsNode(node)) {
            lines.push(node.data.slice(node === one.startContainer ? one.startOffset : 0, node === one.endContainer ? one.endOffset : undefined));
          }
        }
      }
      const ligature = (one) => one.normalize("NFKC"); // the kept text has none
      return lines.join("").replace(/[\ufb00-\ufb06]/g, ligature).replace(/[ \t]+/g, " ").replace(/ ?\n\s*/g, "\n").trim();
    };
    const outside = new Range();
    outside.setStart(drawn[first].layer, 0);
    outside.setEnd(found.startContainer, found.startOffset);
    const prefix = words(outside).slice(-AROUND);
    outside.setStart(found.endContainer, found.endOffset);
    outside.setEnd(drawn[last].layer, drawn[last].layer.childNodes.length);
    return { range: found, fields: { quote: words(found), prefix, suffix: words(outside).slice(0, AROUND) } };
  };

  const markAt = ({ clientX, clientY }) => {
    const point = document.caretPositionFromPoint?.(clientX, clientY);
    return point && marks.findLast(({ range }) => range.isPointInRange(point.offsetNode, point.offset))?.id;
  };
  const rangeOfMark = (id) => marks.find((mark) => mark.id === id)?.range;
  const rangeOfDraft = (draft) => sheets.flatMap(({ letters }) => (letters && find(letters, { prefix: "", suffix: "", ...draft })) || [])[0];
  if (globalThis.marking) Object.assign(globalThis.marking.reader, { passageOf, rangeOf: rangeOfDraft, rangeOfLink: rangeOfButton, markAt, rangeOfMark, keep: true, merged: drawMarks });
  // A note leads to its mark, once its page is drawn.
  document.getElementById("pages-passages").addEventListener("click", ({ target }) => {
    const note = target.closest("blockquote")?.closest("li"), mark = note && marks.find(({ id }) => note.id === `a-${id}`);
    mark?.range.startContainer.parentElement.scrollIntoView({ block: "center" });
  });
  document.addEventListener("click", (event) => {
    const id = !globalThis.marking && surface.contains(event.target) && getSelection().isCollapsed && markAt(event);
    if (id) location.hash = `a-${id}`;
  });

  // The drawing in the size that the page has now; its text follows by the scale.
  const paint = async (pdfjs, { element, layer, page }) => {
    const scale = element.clientWidth / page.getViewport({ scale: 1 }).width, viewport = page.getViewport({ scale });
    layer.style.setProperty("--total-scale-factor", scale);
    // A phone draws finer than it shows, for fingers that zoom.
    const sharp = Math.min(Math.max(devicePixelRatio, scale < 1 ? 2 : 1), Math.sqrt(MOST_PIXELS / (viewport.width * viewport.height)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width * sharp);
    canvas.height = Math.floor(viewport.height * sharp);
    canvas.setAttribute("aria-hidden", "true");
    await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport, transform: sharp === 1 ? null : [sharp, 0, 0, sharp, 0, 0], annotationMode: pdfjs.AnnotationMode.DISABLE }).promise;
    // Another size may have been chosen meanwhile.
    if (!layer.isConnected || Number(layer.style.getPropertyValue("--total-scale-factor")) !== scale) return;
    element.querySelector("canvas")?.remove();
    element.prepend(canvas);
  };
  const draw = async (pdfjs, sheet) => {
    if (sheet.drawing) return;
    sheet.drawing = true;
    const page = await sheet.pdf.getPage(sheet.number), viewport = page.getViewport({ scale: 1 });
    sheet.element.style.setProperty("aspect-ratio", `${viewport.width} / ${viewport.height}`);
    const layer = document.createElement("div");
    layer.className = "textLayer";
    sheet.element.replaceChildren(layer);
    Object.assign(sheet, { page, layer });
    const text = new pdfjs.TextLayer({ textContentSource: page.streamTextContent({ includeMarkedContent: true, disableNormalization: true }), container: layer, viewport });
    await Promise.all([paint(pdfjs, sheet), text.render()]);
    sheet.letters = lettersOf(layer);
    sheet.element.dataset.drawn = "1";
    if (globalThis.marking) addButtons(sheet);
    drawMarks();
  };
  const forget = (sheet) => {
    if (!sheet.letters) return;
    sheet.element.replaceChildren();
    delete sheet.element.dataset.drawn;
    sheet.drawing = false;
    sheet.letters = sheet.layer = sheet.page = null;
  };

  const show = async () => {
    const base = new URL(dataset.library, location).href;
    const pdfjs = await import(`${base}pdf.min.mjs`);
    pdfjs.GlobalWorkerOptions.workerSrc = `${base}pdf.worker.min.mjs`;
    const pdf = await pdfjs.getDocument({
      url: new URL(dataset.file, location).href,
      cMapUrl: `${base}cmaps/`,
      standardFontDataUrl: `${base}standard_fonts/`,
      wasmUrl: `${base}wasm/`,
      useWasm: false,
      isEvalSupported: false,
      enableXfa: false,
      disableAutoFetch: true,
      rangeChunkSize: 1 << 19, // few requests, because the site limits their number
      stopAtErrors: false,
      maxImageSize: 40_000_000,
      verbosity: 0,
    }).promise;
    const first = (await pdf.getPage(1)).getViewport({ scale: 1 });
    for (let number = 1; number <= Math.min(pdf.numPages, MOST_PAGES); number += 1) {
      const element = document.createElement("div");
      element.className = "pdf-page";
      element.id = `page-${number}`;
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", status.dataset.page.replace("#", number));
      element.style.setProperty("aspect-ratio", `${first.width} / ${first.height}`);
      sheets.push({ element, number, pdf, drawing: false, letters: null, layer: null, page: null });
    }
    surface.replaceChildren(...sheets.map(({ element }) => element));
    if (/^#page-\d+$/.test(location.hash)) document.querySelector(location.hash)?.scrollIntoView();
    const near = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const sheet = sheets[target.id.slice("page-".length) - 1];
        if (isIntersecting) {
          near.add(sheet);
          draw(pdfjs, sheet).catch(tellFailure);
        } else near.delete(sheet);
      }
      const drawn = sheets.filter(({ letters }) => letters);
      for (const sheet of drawn.slice(0, Math.max(0, drawn.length - MOST_DRAWN))) if (!near.has(sheet) && ![getSelection().anchorNode, document.activeElement].some((node) => sheet.element.contains(node))) forget(sheet);
    }, { rootMargin: "800px" });
    for (const { element } of sheets) watch.observe(element);
    const paintAll = () => {
      for (const sheet of sheets) if (sheet.layer) paint(pdfjs, sheet).catch(tellFailure);
    };
    let width = surface.clientWidth, waiting;
    addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        if (surface.clientWidth === width) return;
        width = surface.clientWidth;
        paintAll();
      }, 200);
    });

    // Larger pages scroll sideways in their own box. What is in the middle of the window stays there.
    const [smaller, size, larger] = document.getElementById("pages-size").children;
    let zoom = 0;
    const change = (by) => {
      const middle = innerHeight / 2, { element } = sheets.findLast((sheet) => sheet.element.getBoundingClientRect().top <= middle) ?? sheets[0];
      const before = element.getBoundingClientRect(), sideways = (surface.scrollLeft + surface.clientWidth / 2) / surface.scrollWidth;
      zoom += by;
      smaller.setAttribute("aria-disabled", !zoom);
      larger.setAttribute("aria-disabled", zoom === ZOOMS.length - 1);
      size.textContent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(ZOOMS[zoom]);
      surface.style.setProperty("--zoom", ZOOMS[zoom]);
      surface.classList.toggle("zoomed", zoom > 0);
      surface.tabIndex = zoom ? 0 : -1;
      const now = element.getBoundingClientRect();
      scrollBy(0, now.top + (middle - before.top) / before.height * now.height - middle);
      surface.scrollLeft = sideways * surface.scrollWidth - surface.clientWidth / 2;
      paintAll();
    };
    smaller.addEventListener("click", () => { if (zoom) change(-1); });
    larger.addEventListener("click", () => { if (zoom < ZOOMS.length - 1) change(1); });
    change(0);
    smaller.parentElement.hidden = false;
  };
  show().catch(() => {
    tellFailure();
    document.querySelector(".how-to-mark")?.remove();
  });
}
