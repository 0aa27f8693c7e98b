/** A socket that is open. */
export function opened(address) {
    const socket = new WebSocket(address);
    return new Promise((resolve, reject) => {
        socket.onopen = () => resolve(socket);
        socket.onerror = () => reject(new Error(`${address} does not answer`));
    });
}
