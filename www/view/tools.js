import { word } from "../i18n.js";

const template = document.getElementById("tools");

/** What one can do with the picture of somebody: how loud they are here, in a window of its own, and as large as the screen. */
export function tools(tile, video, peer) {
    const element = template.content.firstElementChild.cloneNode(true);
    const find = (name) => element.querySelector(`[data-testid="${name}"]`);
    const [mute, volume, picture, full] = ["tile-mute", "tile-volume", "tile-picture", "tile-full"].map(find);
    const show = () => {
        mute.setAttribute("aria-pressed", String(peer.muted));
        volume.value = peer.muted ? 0 : peer.volume;
    };
    mute.addEventListener("click", () => {
        peer.muted = !peer.muted;
        show();
    });
    volume.addEventListener("input", () => {
        peer.volume = volume.valueAsNumber;
        peer.muted = volume.valueAsNumber === 0;
        mute.setAttribute("aria-pressed", String(peer.muted));
    });
    picture.hidden = !document.pictureInPictureEnabled || !video.requestPictureInPicture;
    picture.addEventListener("click", () => toggle(document.pictureInPictureElement === video, () => document.exitPictureInPicture(), () => video.requestPictureInPicture()));
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => toggle(document.fullscreenElement === tile, () => document.exitFullscreen(), () => tile.requestFullscreen()));
    for (const label of element.querySelectorAll("[data-t-label]")) label.setAttribute("aria-label", word(label.dataset.tLabel));
    show();
    tile.append(element);
}

/** The browser may refuse: then it stays as it is. */
async function toggle(isOn, off, on) {
    await (isOn ? off() : on()).catch(() => {});
}
