/** From what the user calls the target to the address that is traced. */
import type { Family } from "@whither/core";
import { addressFamily, formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { asciiName } from "./domain-name.ts";
import { WhitherError } from "./error.ts";

/** A target whose address is known. */
export interface ResolvedTarget {
	/** As the user wrote it; an international name in ASCII. */
	readonly name: string;
	/** Canonical numeric text. */
	readonly address: string;
	readonly family: Family;
	/** Interface of a scoped address (`fe80::1%eth0`, RFC 4007 section 11), or null. */
	readonly zone: string | null;
}

/** The target as a literal address, or null if it is a name. IPv4-mapped IPv6 is IPv4; brackets may stand around IPv6. */
export function literalTarget(name: string): ResolvedTarget | null {
	const bare = /^\[.*\]$/.test(name) ? name.slice(1, -1) : name;
	const [text = "", zone = null] = bare.split("%");
	if (addressFamily(text) === null) return null;
	const bytes = parseAddress(text);
	if (isDecodeError(bytes)) return null;
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(formatAddress(bytes))?.[1];
	if (mapped !== undefined) return { name, address: mapped, family: 4, zone: null };
	return { name, address: formatAddress(bytes), family: bytes.length === 4 ? 4 : 6, zone };
}

/**
 * Resolve a name as the system does, first answer of the wanted family; rejects with `nameNotFound`, or with `badOption`
 * for an empty one. A name with both is traced over IPv4, as by traceroute(8).
 */
export async function resolveTarget(name: string, family: Family | null): Promise<ResolvedTarget> {
	const [first] = await resolveTargets(name, family);
	if (first === undefined) throw notFound(name, family, "ENOTFOUND");
	return first;
}

/** The same with every address of the name, of which `resolveTarget` takes the first. */
export async function resolveTargets(name: string, family: Family | null): Promise<readonly ResolvedTarget[]> {
	if (name.trim() === "") throw new WhitherError("badOption", "Name a host: an empty name is none", { name });
	const literal = literalTarget(name);
	if (literal === null) return lookUp(asciiHost(name, family), family);
	if (family === null || family === literal.family) return [literal];
	throw new WhitherError("nameNotFound", `${name} is an IPv${literal.family} address, but IPv${family} was asked for`, {
		name,
		family,
	});
}

function asciiHost(name: string, family: Family | null): string {
	const ascii = asciiName(name);
	if (ascii === null) throw notFound(name, family, "ENOTFOUND");
	return ascii;
}

let pending = 0;

/** Whether the system is still looking a name up: a call that cannot be taken back and holds up the process's end. */
export function lookupPending(): boolean {
	return pending > 0;
}

async function lookUp(name: string, family: Family | null): Promise<readonly ResolvedTarget[]> {
	// Loaded when there is a name to look up: a literal address need not wait for it.
	const { lookup } = await import("node:dns");
	pending++;
	return new Promise((resolve, reject) => {
		lookup(name, { all: true, family: family ?? 0, order: "ipv4first" }, (error, addresses) => {
			pending--;
			if (error !== null || addresses.length === 0) reject(notFound(name, family, error?.code ?? "ENOTFOUND"));
			else
				resolve(
					addresses.map((each) => ({ name, address: each.address, family: each.family === 6 ? 6 : 4, zone: null })),
				);
		});
	});
}

function notFound(name: string, family: Family | null, code: string): WhitherError {
	const kind = family === null ? "address" : `IPv${family} address`;
	const sentence =
		code === "EAI_AGAIN"
			? `The name server did not answer for ${name} (${code}); check /etc/resolv.conf or give an address`
			: `${name} has no ${kind} (${code}); check the spelling or give an address`;
	return new WhitherError("nameNotFound", sentence, { name, family, reason: code });
}
