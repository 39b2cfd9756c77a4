/** STUN answers and what routers say in STUN, in short: `198.51.100.9:50000`, `420 Unknown Attribute`, `2 nodes, up 20000 kbit/s`. */
import { formatEndpoint, STUN_ERRORS } from "@whither/wire";
import { printable } from "../printable.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An answer of the target: our address as it sees it, or its error; "" where it tells neither. */
export function formatStunAnswer({ mapped, code, reason, integrity }: Fields): string {
	const said = typeof code === "number" ? errorText(code, word(reason)) : formatTransportAddress(mapped);
	if (integrity !== "wrong") return said;
	return said === "" ? "wrong integrity" : `${said},wrong integrity`;
}

/** Servers may leave the words out, which are known as well. */
function errorText(code: number, reason: string): string {
	const words = reason === "" ? (STUN_ERRORS[code] ?? "") : reason;
	return words === "" ? String(code) : `${code} ${words}`;
}

/** NETWORK-STATUS in words; a rate of 0 is one that nobody told, "" is for no status at all. */
export function formatNetworkStatus(status: unknown): string {
	if (!isFields(status)) return "";
	const { congested, nodeCount, upKbps, downKbps } = status;
	const parts = [
		typeof nodeCount === "number" ? `${nodeCount} ${nodeCount === 1 ? "node" : "nodes"}` : "",
		rate("up", upKbps),
		rate("down", downKbps),
		congested === true ? "congested" : "",
	];
	return parts.filter((part) => part !== "").join(", ");
}

function rate(way: string, kbps: unknown): string {
	return typeof kbps === "number" && kbps > 0 ? `${way} ${kbps} kbit/s` : "";
}

/** `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
function formatTransportAddress(value: unknown): string {
	if (!isFields(value) || typeof value.address !== "string") return "";
	const address = printable(value.address);
	return typeof value.port === "number" ? formatEndpoint({ address, port: value.port }) : address;
}

function word(value: unknown): string {
	return typeof value === "string" ? printable(value) : "";
}

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null;
}
