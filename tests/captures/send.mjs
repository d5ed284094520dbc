// Send a page as SingleFile's form does ("upload to a REST Form API"): node send.mjs URL TOKEN FILE PAGE-URL
import { readFileSync } from "node:fs";

const [address, token, file, url] = process.argv.slice(2);
const form = new FormData();
form.append("file", new File([new Blob([readFileSync(file)], { type: "text/html" })], "SingleFile.html", { type: "text/html" }));
form.append("url", url);
const headers = new Map([["Authorization", "Bearer " + token], ["Accept", "multipart/form-data"]]);
const response = await fetch(address, { method: "POST", body: form, headers });
if (![200, 201].includes(response.status)) {
	throw new Error(await response.text());
}
console.log(JSON.stringify({ status: response.status, item: await response.json() }));
