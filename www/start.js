// Not a module: it runs when modules could not be loaded. A part of the page that got lost on its way, as when a phone changes its network,
// leaves a page that does nothing: it is loaded anew, once, and after that it says so.
addEventListener(
    "error",
    ({ target }) => {
        if (!(target instanceof HTMLScriptElement)) return;
        if (performance.getEntriesByType("navigation")[0]?.type !== "reload") location.reload();
        else document.getElementById("not-loaded").hidden = false;
    },
    { capture: true },
);
