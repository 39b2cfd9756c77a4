/** Waits until a STUN server answers, by asking it: so that no test guesses how long a server takes to start. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { insideNamespace } from "../namespaces.ts";

/** Whom to ask, and from where. */
export interface StunPlace {
	/** Network namespace to ask from. */
	readonly namespace: string;
	readonly address: string;
	readonly port: number;
}

const BINDING_REQUEST = 0x0001;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_LENGTH = 20;
/** How often it is asked again while nobody answers. */
const REPEAT_MS = 25;

/** A Binding request without attributes (RFC 8489 section 5). */
function bindingRequest(): Buffer {
	const request = Buffer.alloc(HEADER_LENGTH);
	request.writeUInt16BE(BINDING_REQUEST, 0);
	request.writeUInt32BE(MAGIC_COOKIE, 4);
	request.write("awaited here", 8, "latin1");
	return request;
}

/** Resolves with the first answer from `address` and `port`; rejects when there is none within `timeoutMs`. */
export function awaitStun({ namespace, address, port }: StunPlace, timeoutMs = 10_000): Promise<Uint8Array> {
	const family = isIPv6(address) ? 6 : 4;
	const socket = insideNamespace(namespace, () => {
		// Node binds on a later turn, outside the namespace, unless the name (always an address) is looked up at once.
		const made = createSocket({
			type: `udp${family}`,
			lookup: (name, _options, found) => found(null, name, family),
		});
		return made.bind(0, family === 4 ? "0.0.0.0" : "::");
	});
	const request = bindingRequest();
	return new Promise<Uint8Array>((resolve, reject) => {
		const repeat = setInterval(() => socket.send(request, port, address, () => {}), REPEAT_MS);
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
