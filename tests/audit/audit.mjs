// Lighthouse on each page that standard input lists, as JSON: {chromium, flags, pages: [{name, url}]}.
// One JSON line for each page and form: scores out of 100, and what was found against it. Folds are opened at the end.
import lighthouse, { desktopConfig, snapshot } from "lighthouse";
import puppeteer from "puppeteer-core";

const CATEGORIES = ["accessibility", "best-practices"];

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { chromium, flags, pages } = JSON.parse(Buffer.concat(chunks));

function judged(result) {
  const { audits, categories } = result.lhr;
  const found = new Set();
  for (const category of Object.values(categories))
    for (const { id, weight } of category.auditRefs)
      if (weight > 0 && audits[id].score !== null && audits[id].score < 1) found.add(id);
  const score = (id) => Math.round((categories[id].score ?? 0) * 100);
  return { accessibility: score("accessibility"), practices: score("best-practices"), found: [...found] };
}

const options = {
  onlyCategories: CATEGORIES,
  logLevel: "silent",
  ignoreStatusCode: true,
};
const browser = await puppeteer.launch({ executablePath: chromium, args: flags, headless: true });
for (const { name, url } of pages)
  for (const form of ["phone", "desk"]) {
    // Its own cookies: a page in English must not make the next ones English.
    const context = await browser.createBrowserContext();
    const tab = await context.newPage();
    const config = form === "desk" ? desktopConfig : undefined;
    const tell = (state, result) => console.log(JSON.stringify({ name, form, state, ...judged(result) }));
    tell("as it comes", await lighthouse(url, options, config, tab));
    const folds = await tab.$$eval("details:not([open])", (all) => all.map((one) => (one.open = true)).length);
    if (folds > 0) tell("unfolded", await snapshot(tab, { flags: options, config }));
    await context.close();
  }
await browser.close();
