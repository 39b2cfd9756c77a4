/** The ClientHello of a probe's connection. */
import { encodeClientHello, equalBytes, quicClientHello, quicTransportParameter } from "@whither/wire";
import type { ProbeContext } from "../method.ts";
import type { Connection } from "./quic-connection.ts";
import { connectionId, quicSecret } from "./quic-ids.ts";

/** What every HTTP/3 client allows the server (RFC 9114 section 6.2); some refuse a connection with less. */
const CONTROL_STREAMS = 3;
const CONTROL_STREAM_BYTES = 1024;
/** The target forgets our connection so soon, or three of its probe timeouts later (RFC 9000 section 10.1). */
const IDLE_TIMEOUT_MS = 1000;

/** What differs between the ClientHellos of a trace. */
interface OwnFields {
	readonly random: Uint8Array;
	readonly keyShare: Uint8Array;
	readonly scid: Uint8Array;
}

/** A ClientHello of this trace and version, and where in it each field is that other connections have another of. */
interface Template {
	readonly bytes: Uint8Array;
	readonly offsets: Readonly<Record<keyof OwnFields, number>>;
}

/** Of each trace, by version: writing a ClientHello item by item costs more than all of its cryptography. */
const templates = new WeakMap<ProbeContext, Map<number, Template>>();

/** Behind a Retry the same message again (RFC 9000 section 17.2.5.3): it depends on the connection's first Initial alone. */
export function clientHello(context: ProbeContext, { first, version }: Connection): Uint8Array {
	const own: OwnFields = {
		random: quicSecret(context, "random", first),
		// Any 32 bytes are a public value of X25519 (RFC 7748 section 5); nobody will ask for the private one.
		keyShare: quicSecret(context, "keyShare", first),
		scid: connectionId(context, "source", first),
	};
	const known = templates.get(context) ?? new Map<number, Template>();
	templates.set(context, known);
	const template = known.get(version);
	if (template !== undefined) return filledIn(template, own);
	const bytes = wholeHello(context, version, own);
	const at = (field: Uint8Array) => findBytes(bytes, field);
	const offsets = { random: at(own.random), keyShare: at(own.keyShare), scid: at(own.scid) };
	known.set(version, { bytes, offsets });
	return bytes;
}

function filledIn({ bytes, offsets }: Template, own: OwnFields): Uint8Array {
	const filled = bytes.slice();
	filled.set(own.random, offsets.random);
	filled.set(own.keyShare, offsets.keyShare);
	filled.set(own.scid, offsets.scid);
	return filled;
}

function wholeHello(context: ProbeContext, version: number, { random, keyShare, scid }: OwnFields): Uint8Array {
	const { alpn, sni } = context.options;
	const hello = quicClientHello({
		random,
		serverName: typeof sni === "string" ? sni : context.targetName,
		...(typeof alpn === "string" ? { alpn: alpn.split("+") } : {}),
		keyShare,
		transportParameters: [
			quicTransportParameter("initialSourceConnectionId", scid),
			quicTransportParameter("versionInformation", { chosen: version, available: [version] }),
			quicTransportParameter("maxIdleTimeout", IDLE_TIMEOUT_MS),
			quicTransportParameter("initialMaxStreamsUni", CONTROL_STREAMS),
			quicTransportParameter("initialMaxStreamDataUni", CONTROL_STREAM_BYTES),
			quicTransportParameter("initialMaxData", CONTROL_STREAMS * CONTROL_STREAM_BYTES),
		],
	});
	return encodeClientHello(hello);
}

/** Where these bytes, which are surely there, begin. */
function findBytes(bytes: Uint8Array, part: Uint8Array): number {
	let at = 0;
	while (!equalBytes(bytes.subarray(at, at + part.length), part)) at++;
	return at;
}
