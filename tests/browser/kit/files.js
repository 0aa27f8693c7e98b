// What the private file system has of this library.

/** What the private file system has of this library's. */
export async function private_names() {
    const names = [];
    for await (const directory of (await navigator.storage.getDirectory()).values()) {
        if (directory.kind === "directory") for await (const name of directory.keys()) names.push(name);
    }
    return names;
}
/** Puts so many files there that were begun so long ago: `planted-0` and so on of 300 000 bytes, with one block each. */
export async function plant_private(count, age, text, block_bytes) {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("itodenwa", { create: true });
    for (let number = 0; number < count; number++) {
        const directory = await root.getDirectoryHandle(`planted-${number}`, { create: true });
        const write = async (name, what) => {
            const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
            await writable.write(what);
            await writable.close();
        };
        const offer = { name: `planted-${number}`, size: 300000, type: "", since: Date.now() - age - number };
        await write("offer.json", text || JSON.stringify(offer));
        await write("0", new Uint8Array(block_bytes));
    }
}
