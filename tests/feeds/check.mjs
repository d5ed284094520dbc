// The result of feedsmith for each file of a folder, as one JSON object: { name: { format, title, entries } or { error } }.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseAtomFeed, parseJsonFeed, parseOpml, parseRssFeed } from "feedsmith";

const READERS = {
  atom: (text) => {
    const feed = parseAtomFeed(text);
    const entries = (feed.entries ?? []).map(({ id, title, links, updated, content }) => ({
      id,
      title: title?.value ?? title,
      url: links?.find(({ rel }) => rel === "alternate")?.href,
      updated,
      content: content?.value ?? content,
    }));
    return { title: feed.title?.value ?? feed.title, entries };
  },
  rss: (text) => {
    const feed = parseRssFeed(text);
    const entries = (feed.items ?? []).map(({ guid, title, link, atom, content }) => ({
      id: guid?.value,
      title,
      url: link,
      updated: atom?.updated,
      content: content?.encoded,
    }));
    return { title: feed.title, entries };
  },
  json: (text) => {
    const feed = parseJsonFeed(text);
    const entries = (feed.items ?? []).map(({ id, title, url, date_modified, content_html }) => ({
      id,
      title,
      url,
      updated: date_modified,
      content: content_html,
    }));
    return { title: feed.title, entries };
  },
  opml: (text) => {
    const list = parseOpml(text);
    const flat = (outlines) => (outlines ?? []).flatMap((one) => [one, ...flat(one.outlines)]);
    const entries = flat(list.body?.outlines).map(({ text, xmlUrl }) => ({ title: text, url: xmlUrl }));
    return { title: list.head?.title, entries };
  },
};

const folder = process.argv[2];
const answer = {};
for (const name of readdirSync(folder).sort()) {
  try {
    answer[name] = READERS[name.split(".").pop()](readFileSync(join(folder, name), "utf8"));
  } catch (error) {
    answer[name] = { error: String(error) };
  }
}
process.stdout.write(JSON.stringify(answer));
