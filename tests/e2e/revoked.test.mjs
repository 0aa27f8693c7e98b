// A permission that is taken back in the middle of a call.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, end, freshRoom, launch, LIMIT, Person, person } from "./people.mjs";

after(end);

test("a permission that is taken back in mid-call is told, and the call goes on (chromium)", async (t) => {
    // A browser that asks, and is answered by its protocol.
    const browser = await launch("chromium", { without: ["--use-fake-ui-for-media-stream"] });
    t.after(() => browser.close());
    const url = `${await address()}?room=${freshRoom()}`;
    const [ann, bob] = [await Person.open(browser, url), await Person.open(browser, url)];
    const protocol = await browser.target().createCDPSession();
    const set = async (name, setting) => {
        for (const someone of [ann, bob]) {
            const { targetInfo } = await (await someone.page.createCDPSession()).send("Target.getTargetInfo");
            const { browserContextId } = targetInfo;
            await protocol.send("Browser.setPermission", { permission: { name }, setting, origin: new URL(url).origin, browserContextId });
        }
    };
    await set("microphone", "granted");
    await set("camera", "granted");
    await ann.join(undefined, "Ann");
    await bob.join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    await set("camera", "denied");
    // Where the browser ends the picture at once it is off by now; otherwise it is not to be had again.
    if ((await ann.pressed("camera")) === "true") await ann.click("camera");
    await bob.miss("remote-video");
    await ann.click("camera");
    await ann.page.waitForSelector('[data-testid="notice"] [data-code="media/denied"]', { timeout: LIMIT });
    // The browser may have ended the picture after it was looked at: then the camera was asked for twice.
    await ann.until(() => document.getElementById("camera").ariaPressed === "false");
    assert.equal(await ann.pressed("microphone"), "true");
    await set("camera", "granted");
    await ann.click("camera");
    await bob.watches();
    for (const someone of [ann, bob]) assert.deepEqual(someone.errors, []);
});

/** Runs in Firefox itself. What a person does in the address bar: takes permissions back and has them refused, or gives them. */
function permit(setting) {
    const { SitePermissions } = ChromeUtils.importESModule("resource:///modules/SitePermissions.sys.mjs");
    const { webrtcUI } = ChromeUtils.importESModule("resource:///modules/webrtcUI.sys.mjs");
    const pages = [...Services.wm.getEnumerator("navigator:browser")].flatMap(({ gBrowser }) => gBrowser.browsers);
    for (const page of pages.filter(({ currentURI }) => currentURI.schemeIs("http"))) {
        if (setting === "BLOCK") {
            // It does not count cameras that are none as used.
            page._sharingState.webRTC.camera = Ci.nsIMediaManagerService.STATE_CAPTURE_ENABLED;
            webrtcUI.clearPermissionsAndStopSharing(["camera"], page);
        }
        for (const id of ["camera", "microphone"]) {
            SitePermissions.setForPrincipal(page.contentPrincipal, id, SitePermissions[setting], SitePermissions.SCOPE_SESSION, page);
        }
    }
}

test("a permission that is taken back in mid-call is told, and the call goes on (firefox)", async (t) => {
    // A browser that asks, and that may be told what to do itself. Only the window in front gets devices there: the other person has another one.
    const prefs = { "media.navigator.permission.disabled": false };
    const browser = await launch("firefox", { prefs, args: ["--remote-allow-system-access"] });
    t.after(() => browser.close());
    const query = `?room=${freshRoom()}`;
    const ann = await Person.open(browser, (await address()) + query);
    const bob = await person(t, "firefox", { query });
    const command = async (name, parameters) => (await browser.connection.send(name, parameters)).result;
    const { contexts } = await command("browsingContext.getTree", { "moz:scope": "chrome" });
    const set = async (setting) => {
        const expression = `(${permit})("${setting}")`;
        const { type, exceptionDetails } = await command("script.evaluate", { expression, target: { context: contexts[0].context }, awaitPromise: false });
        assert.equal(type, "success", exceptionDetails?.text);
    };
    await set("ALLOW");
    await ann.join(undefined, "Ann");
    await bob.join(undefined, "Bob");
    await Promise.all([ann.watches(), bob.watches()]);
    // It takes the microphone with the camera.
    await set("BLOCK");
    await ann.until(() => ["camera", "microphone"].every((id) => document.getElementById(id).ariaPressed === "false"));
    await ann.page.waitForSelector('[data-testid="notice"] [data-code="media/denied"]', { timeout: LIMIT });
    await bob.miss("remote-video");
    await ann.watches();
    await ann.say("without a camera");
    await bob.reads("chat-log", "without a camera");
    await set("ALLOW");
    await ann.click("camera");
    await bob.watches();
    for (const { errors } of [ann, bob]) assert.deepEqual(errors, []);
});
