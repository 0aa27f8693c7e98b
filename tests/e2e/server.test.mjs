// A link that names another signalling server: the person is asked, and that server gets no token of this page.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { address, each, end, freshRoom, person } from "./people.mjs";
import { Proxy } from "./proxy.mjs";

after(end);

/** Runs before the page: keeps what is said over sockets. */
function keepSaid() {
    window.said = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        window.said.push(data);
        return send.call(this, data);
    };
}

/** The same server at another address, as another server would be. */
async function elsewhere(t) {
    const proxy = await Proxy.to(await address());
    t.after(() => proxy.end());
    return new URL(proxy.address).host;
}

for (const [kind, test] of each("firefox", "chromium")) {
    test(`another server is used only when the person agrees, and gets no token (${kind})`, async (t) => {
        const host = await elsewhere(t);
        const room = freshRoom();
        const query = `?room=${room}&server=${host}#token=only-for-this-page`;
        const ann = await person(t, kind, { query, prepare: keepSaid });
        const said = () => ann.page.evaluate(() => window.said.join("\n"));
        await ann.click("join");
        await ann.reads("other-server-text", host);
        await ann.click("other-server-no");
        await ann.miss("other-server");
        await ann.see("lobby");
        assert.equal(await said(), "", "nothing was said to it");
        await ann.click("join");
        await ann.click("other-server-yes");
        await ann.see("leave");
        assert.match(await said(), new RegExp(`"room":"${room}"`));
        assert.doesNotMatch(await said(), /only-for-this-page/);
        await ann.click("leave");
        await ann.see("lobby");
        // Asked once.
        await ann.click("join");
        await ann.see("leave");
    });
}

test("the page's own server is not asked about, and a check does not reach another one before the person agrees", async (t) => {
    const own = new URL(await address());
    const ann = await person(t, "chromium", { query: `?room=${freshRoom()}&server=ws://${own.host}/ws` });
    await ann.join(undefined, "Ann");
    const bob = await person(t, "chromium", { query: `?server=${await elsewhere(t)}`, prepare: keepSaid });
    await bob.click("check");
    await bob.click("other-server-no");
    await bob.miss("checkup");
    assert.equal(await bob.page.evaluate(() => window.said.length), 0);
});

test("what a link names is the page's own server only where the browser would reach that one", async (t) => {
    const host = await elsewhere(t);
    const own = new URL(await address()).host;
    for (const server of [`//${host}`, `//${host}/ws`]) {
        const query = `?room=${freshRoom()}&server=${encodeURIComponent(server)}#token=only-for-this-page`;
        const ann = await person(t, "chromium", { query, prepare: keepSaid });
        await ann.click("join");
        await ann.reads("other-server-text", host);
        assert.deepEqual(await ann.page.evaluate(() => window.said), [], server);
        await ann.click("other-server-yes");
        await ann.see("leave");
        const said = await ann.page.evaluate(() => window.said.join("\n"));
        assert.match(said, /"room":/);
        assert.doesNotMatch(said, /only-for-this-page/);
        await ann.close();
    }
    const ann = await person(t, "chromium");
    const taken = (addresses) =>
        ann.page.evaluate(async (addresses) => {
            const { LinkedServer } = await import("/view/server.js");
            return addresses.filter((address) => new LinkedServer(address).given("token") === "token");
        }, addresses);
    const others = ["/\\", "\\\\", "\\/", "/\t/", " //", "\t//", "\n/\\", "///", "\u0000//", "\u0085//", "\ufeff//", "ws:", "ws:/", "ws://", "WS:\\\\", "http://", "w\ts://", "x://"]
        .flatMap((start) => [start + host, `${start}${host}/ws`, `${start}${own}@${host}`]);
    assert.deepEqual(await taken([...others, host, `${own}@${host}`, `ws://${own}@${host}/`, `https://${own}`, `wss://${own}/ws`, "ws://", ":"]), []);
    const owns = ["/ws", " /call/", "/", own, `${own}/ws`, `//${own}`, `//${own}/ws`, `ws://${own}`, `WS://${own}/ws`, `http://${own}/`, ` ${own} `];
    assert.deepEqual(await taken(owns), owns);
});
