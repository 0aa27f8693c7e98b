// What a page has links to: runs in it.

/** What links lead to: the page's policy lets nobody fetch it. */
export function keepLinked() {
    const link = URL.createObjectURL;
    window.linked = new Map();
    URL.createObjectURL = (blob) => {
        const href = link.call(URL, blob);
        window.linked.set(href, blob);
        return href;
    };
}
