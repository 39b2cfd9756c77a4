/** A QUIC target that answers and yet refuses the connection: the path is fine, the service is not for us. */
import type { TraceResult } from "@whither/core";
import { printable } from "../printable.ts";
import type { Note } from "./verdict.ts";

/** CRYPTO_ERROR and a TLS alert (RFC 9001 section 4.8, RFC 8446 section 6) that another option may avoid. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
	[0x170, "; -O sni=NAME asks for another server name"],
	[0x178, "; -O alpn=LIST offers other application protocols"],
]);

/** The first refusal, since all are alike; none where a probe was taken. */
export function refusalNote({ hops }: TraceResult): Note[] {
	const details = hops.flatMap(({ probes }) =>
		probes.flatMap(({ reply }) => (reply?.kind === "quic" ? [reply.detail] : [])),
	);
	const [close] = details.map(({ close }) => close);
	if (!isClose(close) || details.some((detail) => !isClose(detail.close))) return [];
	const reason = typeof close.reason === "string" ? `, "${printable(close.reason)}"` : "";
	const sentence = `The target answers, but refuses the QUIC connection with ${printable(close.error)}${reason}${ADVICE.get(close.code) ?? ""}.`;
	return [{ code: "refused", sentence }];
}

interface Close {
	readonly error: string;
	readonly code?: unknown;
	readonly reason?: unknown;
}

/** Details come from packets, or from a file. */
function isClose(value: unknown): value is Close {
	return typeof value === "object" && value !== null && "error" in value && typeof value.error === "string";
}
