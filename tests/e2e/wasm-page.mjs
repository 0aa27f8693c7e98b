// Opens the page that the wasm test runner serves, and prints what the tests say, until one has failed: it may have left open what
// makes the tests after it fail.
//   node wasm-page.mjs chromium|firefox URL LIMIT_SECONDS TEST...
import { launch } from "./people.mjs";

const [kind, url, limit, ...wanted] = process.argv.slice(2);
/** The most lines of the console that are shown of a failure. */
const LINES = 100;

/** The runner's script names each test of the wasm in a line of its own; only those that are wanted stay. */
async function only(script) {
    const lines = (await (await fetch(script)).text()).split("\n");
    const named = (line) => line.match(/^\s*tests\.push\('[^']*?::(.*)'\);$/)?.[1];
    const missing = wanted.filter((name) => !lines.some((line) => named(line) === name));
    if (missing.length) throw new Error(`the runner does not serve ${missing.join(", ")}`);
    return lines.filter((line) => named(line) === undefined || wanted.includes(named(line))).join("\n");
}

const own = kind === "chromium" ? { args: ["--autoplay-policy=no-user-gesture-required"] } : {};
const browser = await launch(kind, own);
let output = "";
const complaints = [];
try {
    const page = await browser.newPage();
    // What a panic says comes through the console.
    page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
        if (complaints.length > LINES) complaints.shift();
    });
    page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
    const script = new URL("run.js", url).href;
    const run = await only(script);
    await page.setRequestInterception(true);
    page.on("request", (request) => {
        const answer = request.url() === script ? request.respond({ contentType: "text/javascript", body: run }) : request.continue();
        answer.catch((error) => complaints.push(`${request.url()}: ${error.message}`));
    });
    await page.goto(url);
    const done = () => /test result:| \.\.\. FAIL/.test(document.querySelector("#output")?.textContent);
    await page.waitForFunction(done, { timeout: limit * 1000 }).catch((error) => console.log(error.message));
    output = await page.$eval("#output", (element) => element.textContent);
} finally {
    await browser.close();
}
console.log(output);
if (!/test result: ok/.test(output)) {
    console.log(complaints.join("\n"));
    process.exitCode = 1;
}
