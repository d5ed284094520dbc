// Each message of a folder as two parsers read it: { name: { mailparser: {...}, postal: {...} } }.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";

const bare = (text) => text.replace(/^<|>$/g, "");
const address = ({ name, address }) => ({ name: name ?? "", address: address ?? "" });

async function byMailparser(bytes) {
  const options = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };
  const mail = await simpleParser(bytes, options);
  const fields = mail.headerLines.map(({ key }) => key);
  return {
    fields,
    subject: mail.subject ?? "",
    from: mail.from.value.map(address),
    to: mail.to.value.map(address),
    messageId: mail.messageId,
    date: mail.date.toISOString(),
    listId: mail.headers.get("list")?.id?.name ?? "",
    unsubscribe: mail.headers.get("list")?.unsubscribe?.url ?? "",
    unsubscribePost: mail.headers.get("list")?.["unsubscribe-post"]?.name ?? "",
    text: mail.text ?? "",
    html: mail.html || "",
    attachments: mail.attachments.map(({ contentType, cid, size }) => ({ type: contentType, cid: cid ?? "", size })),
  };
}

async function byPostal(bytes) {
  const mail = await PostalMime.parse(bytes);
  const value = (name) => mail.headers.find(({ key }) => key === name)?.value ?? "";
  return {
    fields: mail.headers.map(({ key }) => key),
    subject: mail.subject ?? "",
    from: [address(mail.from)],
    to: mail.to.map(address),
    messageId: mail.messageId,
    date: new Date(mail.date).toISOString(),
    listId: bare(value("list-id")),
    unsubscribe: bare(value("list-unsubscribe")),
    unsubscribePost: value("list-unsubscribe-post"),
    text: mail.text ?? "",
    html: mail.html ?? "",
    attachments: mail.attachments.map(({ mimeType, contentId, content }) => ({
      type: mimeType,
      cid: bare(contentId ?? ""),
      size: content.byteLength,
    })),
  };
}

const folder = process.argv[2];
const answer = {};
for (const name of readdirSync(folder).sort()) {
  const bytes = readFileSync(join(folder, name));
  answer[name] = { mailparser: await byMailparser(bytes), postal: await byPostal(bytes) };
}
process.stdout.write(JSON.stringify(answer));
