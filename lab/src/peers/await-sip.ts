/** Waits until a SIP element answers, by asking it what it can (OPTIONS, RFC 3261 §11). */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { insideNamespace } from "../namespaces.ts";

/** Whom to ask, and from where. */
export interface AskedElement {
	/** Network namespace to ask from; absent: our own. */
	readonly namespace?: string;
	readonly address: string;
	/** Of UDP. */
	readonly port: number;
}

/** How often it is asked again while nobody answers. */
const REPEAT_MS = 25;

function question(host: string, port: number): string {
	return [
		`OPTIONS sip:${host}:${port} SIP/2.0`,
		`Via: SIP/2.0/UDP ${host}:9;rport;branch=z9hG4bK-awaited-here`,
		"Max-Forwards: 70",
		`From: <sip:lab@${host}>;tag=lab`,
		`To: <sip:${host}:${port}>`,
		"Call-ID: awaited-here",
		"CSeq: 1 OPTIONS",
		"Content-Length: 0",
		"\r\n",
	].join("\r\n");
}

/** Resolves with the first answer; rejects when there is none within `timeoutMs`. */
export function awaitSip({ namespace, address, port }: AskedElement, timeoutMs = 10_000): Promise<string> {
	const family = isIPv6(address) ? 6 : 4;
	const open = () => {
		// Node binds on a later turn, outside the namespace, unless the name (always an address) is looked up at once.
		const made = createSocket({ type: `udp${family}`, lookup: (name, _options, found) => found(null, name, family) });
		return made.bind(0, family === 4 ? "0.0.0.0" : "::");
	};
	const socket = namespace === undefined ? open() : insideNamespace(namespace, open);
	const asked = question(family === 6 ? `[${address}]` : address, port);
	return new Promise((resolve, reject) => {
		const repeat = setInterval(() => socket.send(asked, port, address, () => {}), REPEAT_MS);
		const end = () => {
			clearInterval(repeat);
			clearTimeout(limit);
			socket.close();
		};
		const limit = setTimeout(() => {
			end();
			reject(new Error(`nobody speaks SIP at ${address}, port ${port}, after ${timeoutMs} ms`));
		}, timeoutMs);
		socket.on("error", () => {});
		socket.on("message", (answer) => {
			end();
			resolve(answer.toString("latin1"));
		});
	});
}
