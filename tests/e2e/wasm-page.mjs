// Opens the page that the wasm test runner serves in Firefox, and prints what the tests say.
//   node wasm-page.mjs URL LIMIT_SECONDS
import puppeteer from "puppeteer-core";

const [url, limit] = process.argv.slice(2);
const deadline = Date.now() + Number(limit) * 1000;

async function answers() {
    try {
        return (await fetch(url)).ok;
    } catch {
        return false;
    }
}
while (!(await answers())) {
    if (Date.now() > deadline) throw new Error(`nobody answers at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
}

const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    extraPrefsFirefox: {
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.autoplay.default": 0,
        "media.peerconnection.ice.obfuscate_host_addresses": false,
    },
});
let output = "";
try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
    await page.goto(url);
    const timeout = Math.max(1, deadline - Date.now());
    await page.waitForFunction(() => /test result:/.test(document.querySelector("#output")?.textContent), { timeout });
    output = await page.$eval("#output", (element) => element.textContent);
} finally {
    await browser.close();
}
console.log(output);
process.exitCode = /test result: ok/.test(output) ? 0 : 1;
