// Opens the page that the wasm test runner serves in Firefox, and prints what the tests say.
//   node wasm-page.mjs URL LIMIT_SECONDS
import { launch } from "./people.mjs";

const [url, limit] = process.argv.slice(2);

const browser = await launch("firefox");
let output = "";
try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
    await page.goto(url);
    const done = () => /test result:/.test(document.querySelector("#output")?.textContent);
    await page.waitForFunction(done, { timeout: limit * 1000 }).catch((error) => console.log(error.message));
    output = await page.$eval("#output", (element) => element.textContent);
} finally {
    await browser.close();
}
console.log(output);
process.exitCode = /test result: ok/.test(output) ? 0 : 1;
