/**
 * Method `tcpconnect`: an ordinary non-blocking connect() for each probe, with its TTL. The kernel sends the SYN, and
 * since Linux 5.8 the error queue of a socket in SYN_SENT tells which router answered: TCP tracing without privilege.
 */
import { decodeTcpPrefix, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import type { Reply } from "../channel.ts";
import type { Match, ProbeContext, TraceMethod } from "../method.ts";
import { quotedFrame } from "./quoted-frame.ts";

const TCP = IP_PROTOCOL.tcp;
const HTTPS_PORT = 443;

/** The kernel's own TCP handshakes, by connect(). */
export const tcpconnect: TraceMethod = {
	name: "tcpconnect",
	summary: "TCP by connect(), no privilege needed (Linux 5.8 or newer)",
	channels: [{ kind: "errorQueue", transport: "tcpConnect", protocol: TCP, ports: "perProbe" }],
	defaultPort: HTTPS_PORT,
	// The kernel's own SYN: its options fill 20 bytes.
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: 60, 6: 80 },
	fixedLength: true,
	probe,
	match,
};

function probe(context: ProbeContext) {
	const bytes = new Uint8Array(0);
	return { transport: "tcpConnect" as const, protocol: TCP, sourcePort: 0, destinationPort: context.port, bytes };
}

/** Every probe has a socket of its own, which only hears of itself; the quoted ports must agree where they are there. */
function match(context: ProbeContext, reply: Reply): Match {
	const sequence = reply.socket;
	if (sequence === null) return { type: "foreign", reason: "otherPort" };
	if (reply.type === "connect") {
		const kind = reply.outcome === "connected" ? "synAck" : "rst";
		return { type: "probe", sequence, meaning: { kind, place: "target", detail: {} } };
	}
	if (reply.type !== "icmpError") return { type: "foreign", reason: "otherProtocol" };
	const frame = quotedFrame(context, reply, TCP);
	if (frame.type === "foreign") return frame;
	const quoted = decodeTcpPrefix(reply.quoted.segment ?? new Uint8Array(0));
	if (!isDecodeError(quoted) && quoted.destinationPort !== context.port)
		return { type: "foreign", reason: "otherPort" };
	return { type: "probe", sequence, meaning: frame.meaning };
}
