/** From a message to bytes (RFC 3261 §7). */
import { encodeUtf8 } from "@whither/wire";
import { isSipToken } from "./grammar.ts";
import type { SipHeader, SipMessage } from "./message.ts";

/**
 * The message as bytes; Content-Length is written from the body, whatever the header fields say. Throws RangeError for
 * what would be another message when it is read: line breaks, or names that are no tokens.
 */
export function formatSip(message: SipMessage): Uint8Array {
	const { headers, body } = message;
	const fields = headers.filter(({ name }) => !/^(content-length|l)$/i.test(name));
	const lines = [startLine(message), ...fields.map(headerLine), `Content-Length: ${body.length}`];
	const head = encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`);
	const bytes = new Uint8Array(head.length + body.length);
	bytes.set(head);
	bytes.set(body, head.length);
	return bytes;
}

function startLine(message: SipMessage): string {
	const line =
		message.kind === "request"
			? `${message.method} ${message.uri} SIP/2.0`
			: `SIP/2.0 ${message.status} ${message.reason}`;
	const isRight =
		message.kind === "request"
			? isSipToken(message.method) && /^[^\s]+$/.test(message.uri)
			: Number.isInteger(message.status) && message.status >= 100 && message.status <= 699;
	if (!isRight || /[\r\n]/.test(line)) throw new RangeError(`not a start line: ${JSON.stringify(line)}`);
	return line;
}

function headerLine({ name, value }: SipHeader): string {
	const line = `${name}: ${value}`;
	if (!isSipToken(name) || /[\r\n]/.test(value)) throw new RangeError(`not a header field: ${JSON.stringify(line)}`);
	return line;
}
