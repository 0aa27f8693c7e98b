// A sign on the tiles of those to whom the connection is poor, and why. Loaded with the first of them; so are its words.
import { language, say } from "../i18n.js";

const WORDS = {
    en: {
        loss: "weak connection: much is lost on the way",
        delay: "weak connection: it takes long until one hears the other",
        jitter: "weak connection: what comes is delayed unevenly",
        bandwidth: "weak connection: the network is too slow for more than a small picture",
        cpu: "this computer is busy: pictures are sent smaller or less often",
        silence: "weak connection: nothing comes at the moment",
    },
    ja: {
        loss: "接続が不安定です：データの一部が届いていません",
        delay: "接続が不安定です：声や映像が届くまでに時間がかかっています",
        jitter: "接続が不安定です：声や映像が途切れがちです",
        bandwidth: "接続が不安定です：回線が遅いため映像を小さくしています",
        cpu: "このコンピューターの負荷が高いため、映像を減らして送っています",
        silence: "接続が不安定です：今は何も届いていません",
    },
};

const SVG = "http://www.w3.org/2000/svg";

/** Shows on a tile how good the connection to its person is, where it is not good. */
export function showQuality(tile, peer) {
    // They were connected before.
    if (peer.onquality) return;
    const sign = bars();
    const text = () => WORDS[language()][sign.dataset.reason] ?? "";
    // Both, also when the language changes.
    const spell = () => say(sign.querySelector("title"), () => {
        sign.setAttribute("aria-label", text());
        return text();
    });
    tile.querySelector(".state").before(sign);
    peer.onquality = ({ quality, reason }) => {
        sign.toggleAttribute("hidden", quality === "good");
        sign.dataset.quality = quality;
        sign.dataset.reason = reason ?? "";
        spell();
    };
}

/** Three bars, of which the first is filled. */
function bars() {
    const sign = made("svg", { class: "icon weak", viewBox: "0 0 24 24", role: "img", "data-testid": "weak", hidden: "" });
    const bar = (x, height) => made("rect", { x, y: 20 - height, width: 4, height, rx: 1 });
    sign.append(made("title"), bar(3, 6), bar(10, 11), bar(17, 16));
    return sign;
}

function made(name, attributes = {}) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
}
