/** ICMP extension objects as `-e` prints them: `MPLS:L=24015,E=0,S=1,T=1`, `INC:17,192.0.2.9,"eth0",mtu=1500`, `STUN:up=20000kbit/s,unauthenticated`, `9/3:01ab0010`. */
import type { ExtensionJson } from "@whither/core";
import { printable } from "../printable.ts";

type Fields = Readonly<Record<string, unknown>>;

/** RFC 5837 section 4.1 roles by the three letters newer traceroutes use. */
const ROLE_LETTERS: Readonly<Record<string, string>> = {
	incoming: "INC",
	subIp: "SUB",
	outgoing: "OUT",
	nextHop: "NXT",
};

/** All objects of one answer, joined by `;`, without the angle brackets; "" when there are none. */
export function formatExtensions(extensions: readonly ExtensionJson[]): string {
	return extensions.map(formatObject).join(";");
}

function formatObject(object: ExtensionJson): string {
	if (Array.isArray(object.mpls)) return `MPLS:${object.mpls.map(formatLabel).join("/")}`;
	if (isFields(object.interface)) return formatInterface(object.interface);
	if (isFields(object.stun)) return formatStun(object.stun);
	return `${object.class}/${object.type}:${hexWords(typeof object.bytes === "string" ? object.bytes : "")}`;
}

/** RFC 4950 label stack entry; E is the traffic class under its first name (RFC 5462). */
function formatLabel(entry: unknown): string {
	if (!isFields(entry)) return "";
	return `L=${entry.label},E=${entry.tc},S=${entry.bottom ? 1 : 0},T=${entry.ttl}`;
}

function formatInterface(info: Fields): string {
	const parts = [
		info.index ?? null,
		info.address ?? null,
		typeof info.name === "string" ? `"${printable(info.name)}"` : null,
		typeof info.mtu === "number" ? `mtu=${info.mtu}` : null,
	];
	return `${ROLE_LETTERS[String(info.role)] ?? "INC"}:${parts.filter((part) => part !== null).join(",")}`;
}

/** What an enriched router says of its links, which nobody vouches for; a bandwidth of 0 is one that it did not say. */
function formatStun({ networkStatus }: Fields): string {
	if (!isFields(networkStatus)) return "STUN";
	const { upKbps, downKbps, congested } = networkStatus;
	const rates = [rate("up", upKbps), rate("down", downKbps), congested === true ? "congested" : null];
	return `STUN:${[...rates.filter((part) => part !== null), "unauthenticated"].join(",")}`;
}

function rate(way: string, kbps: unknown): string | null {
	return typeof kbps === "number" && kbps > 0 ? `${way}=${kbps}kbit/s` : null;
}

/** Hexadecimal digits in words of 32 bits, joined by commas. */
function hexWords(hex: string): string {
	return (hex.match(/.{1,8}/g) ?? []).join(",");
}

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null;
}
