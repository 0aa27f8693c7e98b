import { word } from "../i18n.js";

const template = document.getElementById("tools");
const stopTemplate = document.getElementById("stop-sharing");

/**
 * What one can do with the picture of somebody: how loud they are here, keep it large, in a window of its own, and as large as the screen.
 * `heard` is told when they were made louder or quieter. Gives what shows how loud they are.
 */
export function tools(tile, video, peer, { pin, heard }) {
    const element = template.content.firstElementChild.cloneNode(true);
    const find = (name) => element.querySelector(`[data-testid="${name}"]`);
    const [mute, volume, pinned, picture, full] = ["tile-mute", "tile-volume", "tile-pin", "tile-picture", "tile-full"].map(find);
    const show = () => {
        mute.setAttribute("aria-pressed", String(peer.muted));
        volume.value = peer.muted ? 0 : peer.volume;
    };
    mute.addEventListener("click", () => {
        peer.muted = !peer.muted;
        // The slider was at its end: nothing would be heard.
        if (!peer.muted && peer.volume === 0) peer.volume = 1;
        heard();
    });
    volume.addEventListener("input", () => {
        peer.volume = volume.valueAsNumber;
        peer.muted = volume.valueAsNumber === 0;
        heard();
    });
    pinned.addEventListener("click", pin);
    picture.hidden = !document.pictureInPictureEnabled || !video.requestPictureInPicture;
    picture.addEventListener("click", () => toggle(document.pictureInPictureElement === video, () => document.exitPictureInPicture(), () => video.requestPictureInPicture()));
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => toggle(document.fullscreenElement === tile, () => document.exitFullscreen(), () => tile.requestFullscreen()));
    label(element);
    show();
    tile.append(element);
    return show;
}

/** The end of what one shares, on the picture of it. */
export function stopTool(tile, stop) {
    const button = stopTemplate.content.firstElementChild.cloneNode(true);
    button.addEventListener("click", stop);
    button.textContent = word(button.dataset.t);
    tile.append(button);
}

/** The names of buttons that are only pictures, in the language of the moment. */
export function label(element) {
    for (const each of element.querySelectorAll("[data-t-label]")) each.setAttribute("aria-label", word(each.dataset.tLabel));
}

/** The browser may refuse: then it stays as it is. */
async function toggle(isOn, off, on) {
    await (isOn ? off() : on()).catch(() => {});
}
