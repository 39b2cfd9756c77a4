/** Waits until a STUN server answers, by asking it: so that no test guesses how long a server takes to start. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { encodeStun } from "@whither/wire";
import { insideNamespace } from "../namespaces.ts";

/** Whom to ask, and from where. */
export interface AskedServer {
	/** Network namespace to ask from. */
	readonly namespace: string;
	readonly address: string;
	readonly port: number;
}

/** How often it is asked again while nobody answers. */
const REPEAT_MS = 25;

const REQUEST = encodeStun({
	class: "request",
	method: "binding",
	transactionId: new TextEncoder().encode("awaited here"),
	attributes: [],
});

/** Resolves with the first answer from `address` and `port`; rejects when there is none within `timeoutMs`. */
export function awaitStun({ namespace, address, port }: AskedServer, timeoutMs = 10_000): Promise<Uint8Array> {
	const family = isIPv6(address) ? 6 : 4;
	const socket = insideNamespace(namespace, () => {
		// Node binds on a later turn, outside the namespace, unless the name (always an address) is looked up at once.
		const made = createSocket({
			type: `udp${family}`,
			lookup: (name, _options, found) => found(null, name, family),
		});
		return made.bind(0, family === 4 ? "0.0.0.0" : "::");
	});
	return new Promise<Uint8Array>((resolve, reject) => {
		const repeat = setInterval(() => socket.send(REQUEST, port, address, () => {}), REPEAT_MS);
		const limit = setTimeout(() => {
			end();
			reject(new Error(`no STUN server at ${address}, port ${port}, after ${timeoutMs} ms`));
		}, timeoutMs);
		const end = () => {
			clearInterval(repeat);
			clearTimeout(limit);
			socket.close();
		};
		socket.on("error", () => {});
		socket.on("message", (answer) => {
			end();
			resolve(answer);
		});
	});
}
