/** Asking by the WHOIS protocol (RFC 3912): a line to port 43, text until the connection closes. */
import { connect, isIP } from "node:net";
import { errorWords, type Reach, serverLookup } from "./bounded-fetch.ts";
import { MOST_BYTES, REQUEST_MS } from "./limits.ts";
import { isPublicAddress } from "./special-purpose.ts";

/** A WHOIS server. */
export interface WhoisServer {
	readonly host: string;
	readonly port: number;
}

/** IANA Service Names: whois. */
const WHOIS_PORT = 43;

/** `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, an address, or any of them after `whois://`; null: none of them. */
export function parseWhoisServer(text: string): WhoisServer | null {
	const bare = text
		.trim()
		.replace(/^whois:\/\//i, "")
		.replace(/\/.*$/, "");
	if (isIP(bare) === 6) return { host: bare, port: WHOIS_PORT };
	const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+)\]|([a-z\d._-]{1,253}))(?::(\d{1,5}))?$/i.exec(bare) ?? [];
	const host = bracketed ?? plain;
	const port = digits === undefined ? WHOIS_PORT : Number(digits);
	if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) return null;
	return port >= 1 && port <= 65_535 ? { host, port } : null;
}

/** `HOST`, with its port where that is another than 43. */
export function formatWhoisServer({ host, port }: WhoisServer): string {
	if (port === WHOIS_PORT) return host;
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** All that the server said, or why it is not known. */
export type Said = { readonly text: string } | { readonly why: string };

/** Ask one line; resolves always, within ten seconds. */
export async function askWhois(line: string, server: WhoisServer, reach: Reach): Promise<Said> {
	const { host, port } = server;
	const isAnywhere = reach.allowPrivate || reach.named.has(formatWhoisServer(server));
	if (!isAnywhere && isIP(host) !== 0 && !isPublicAddress(host)) return { why: "has an address that is not public" };
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let bytes = 0;
		const socket = connect({ host, port, lookup: serverLookup({ isAnywhere }) }, () => socket.write(`${line}\r\n`));
		const end = (said: Said) => {
			resolve(said);
			clearTimeout(deadline);
			reach.signal.removeEventListener("abort", abort);
			socket.destroy();
		};
		const abort = () => end({ why: "was not waited for any longer" });
		const deadline = setTimeout(() => end({ why: `has not answered within ${REQUEST_MS / 1000} s` }), REQUEST_MS);
		if (reach.signal.aborted) return abort();
		reach.signal.addEventListener("abort", abort);
		socket.on("data", (chunk) => {
			bytes += chunk.length;
			if (bytes > MOST_BYTES) return end({ why: `answers with more than ${MOST_BYTES} bytes` });
			chunks.push(chunk);
		});
		// Some servers reset the connection behind what they have said.
		socket.once("error", (error) => end(bytes > 0 ? { text: decode(chunks) } : { why: errorWords(error) }));
		socket.once("close", () => end(bytes > 0 ? { text: decode(chunks) } : { why: "says nothing" }));
	});
}

/** RFC 3912 section 4 has no way to name a character set. Latin-1 has a character for every byte. */
function decode(chunks: readonly Buffer[]): string {
	const bytes = Buffer.concat(chunks);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return bytes.toString("latin1");
	}
}
