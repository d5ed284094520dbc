// Lighthouse on each page that standard input lists, as JSON: {chromium, flags, pages: [{name, url, status, cookies, timed}]}.
// One JSON line for each page and form: scores out of 100, and the problems found. Collapsed sections are opened last.
import lighthouse, { desktopConfig, snapshot } from "lighthouse";
import puppeteer from "puppeteer-core";

const CATEGORIES = ["accessibility", "best-practices", "seo"];
// Audits that are ignored: some pages are not for search engines (functional tests check which), and search engines never
// see the pages of logged-in users.
const BY_DESIGN = new Set(["is-crawlable"]), SIGNED_IN = new Set(["meta-description"]);

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { chromium, flags, pages } = JSON.parse(Buffer.concat(chunks));

// Chromium logs the status of an error page in its console, which no page can prevent: only that message is ignored.
function isItsOwnStatus({ details }, url, status) {
  const said = details?.items ?? [];
  return status >= 400 && said.length === 1 && said[0].source === "network" && said[0].sourceLocation?.url === url;
}

function summary({ lhr: { audits, categories } }, url, status, isSignedIn) {
  const found = new Set();
  const score = (category) => {
    let [sum, weights] = [0, 0];
    for (const { id, weight } of categories[category].auditRefs) {
      const own = id === "errors-in-console" && isItsOwnStatus(audits[id], url, status);
      const wrongStatus = id === "http-status-code" && status >= 400;
      if (weight === 0 || audits[id].score === null || own || wrongStatus || BY_DESIGN.has(id) || (isSignedIn && SIGNED_IN.has(id))) continue;
      if (audits[id].score < 1) found.add(id);
      sum += weight * audits[id].score;
      weights += weight;
    }
    return weights ? Math.floor((100 * sum) / weights) : 0;
  };
  const { performance } = categories;
  return {
    accessibility: score("accessibility"),
    practices: score("best-practices"),
    seo: score("seo"),
    speed: performance ? Math.round(100 * performance.score) : null,
    lcp: Math.round(audits["largest-contentful-paint"]?.numericValue ?? 0),
    cls: audits["cumulative-layout-shift"]?.numericValue ?? 0,
    found: [...found],
  };
}

const options = {
  onlyCategories: CATEGORIES,
  logLevel: "silent",
  // Lighthouse removes cookies otherwise, and with them the session.
  disableStorageReset: true,
  ignoreStatusCode: true,
  // The screenshot is only for reports, which are not used here.
  disableFullPageScreenshot: true,
};
const browser = await puppeteer.launch({ executablePath: chromium, args: flags, headless: true });
for (const { name, url, status, cookies, timed } of pages)
  for (const form of ["phone", "desk"]) {
    // Each page has its own cookies: a page in English must not change the language of the next ones.
    const context = await browser.createBrowserContext();
    const tab = await context.newPage();
    if (cookies.length) await context.setCookie(...cookies.map((one) => ({ ...one, domain: new URL(url).hostname, path: "/" })));
    const config = form === "desk" ? desktopConfig : undefined;
    const tell = (state, result) => console.log(JSON.stringify({ name, form, state, ...summary(result, url, status, cookies.length > 0) }));
    tell("as it comes", await lighthouse(url, { ...options, onlyCategories: timed ? [...CATEGORIES, "performance"] : CATEGORIES }, config, tab));
    const folds = await tab.$$eval("details:not([open])", (all) => all.map((one) => (one.open = true)).length);
    // A bar at the bottom of the window covers other parts at each scroll position; an open menu covers what is below it.
    await tab.$$eval("main *, .menu > :not(summary)", (all) => {
      for (const one of all) if (one.matches(".menu > *") || getComputedStyle(one).position === "sticky") one.style.position = "static";
    });
    if (folds > 0) tell("unfolded", await snapshot(tab, { flags: options, config }));
    await context.close();
  }
await browser.close();
