// Opens pages that the wasm test runner serves, one after the other in one browser, and prints what the tests on each say, until one has
// failed: it may have left open what makes the tests after it fail. Each page is a line on the standard input, { url, tests }; after what
// it printed comes the line DONE.
//   node wasm-page.mjs chromium|firefox LIMIT_SECONDS DONE
import { createInterface } from "node:readline";
import { launch } from "./people.mjs";

const [kind, limit, done] = process.argv.slice(2);
/** The most lines of the console that are shown of a failure. */
const LINES = 100;

/** The runner's script names each test of the wasm in a line of its own; only those that are wanted stay. */
async function only(script, wanted) {
    const lines = (await (await fetch(script)).text()).split("\n");
    const named = (line) => line.match(/^\s*tests\.push\('[^']*?::(.*)'\);$/)?.[1];
    const missing = wanted.filter((name) => !lines.some((line) => named(line) === name));
    if (missing.length) throw new Error(`the runner does not serve ${missing.join(", ")}`);
    return lines.filter((line) => named(line) === undefined || wanted.includes(named(line))).join("\n");
}

/** Runs these tests on a page in a context of its own, as a browser that was just started has it. */
async function run(browser, url, tests) {
    const complaints = [];
    const context = await browser.createBrowserContext();
    // A window: Firefox shows no frames in a tab that is behind another one.
    const page = await context.newPage({ type: "window" });
    // What a panic says comes through the console.
    page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
        if (complaints.length > LINES) complaints.shift();
    });
    page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
    const script = new URL("run.js", url).href;
    const body = await only(script, tests);
    await page.setRequestInterception(true);
    page.on("request", (request) => {
        const answer = request.url() === script ? request.respond({ contentType: "text/javascript", body }) : request.continue();
        answer.catch((error) => complaints.push(`${request.url()}: ${error.message}`));
    });
    await page.goto(url, { timeout: limit * 1000 });
    const isOver = () => /test result:| \.\.\. FAIL/.test(document.querySelector("#output")?.textContent);
    await page.waitForFunction(isOver, { timeout: limit * 1000 }).catch((error) => console.log(error.message));
    const output = await page.$eval("#output", (element) => element.textContent);
    console.log(output);
    if (!/test result: ok/.test(output)) console.log(complaints.join("\n"));
    await context.close();
}

const options = kind === "chromium" ? { args: ["--autoplay-policy=no-user-gesture-required"] } : {};
let browser;
for await (const line of createInterface({ input: process.stdin })) {
    const { url, tests } = JSON.parse(line);
    try {
        browser ??= await launch(kind, options);
        await run(browser, url, tests);
    } catch (error) {
        console.log(error.stack);
        // It may be broken: the next page gets another one.
        await browser?.close().catch(() => {});
        browser = undefined;
    }
    console.log(done);
}
await browser?.close();
