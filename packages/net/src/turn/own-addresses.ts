/** Where this host can be reached: peers there would be our own services. */
import { networkInterfaces } from "node:os";
import type { Family } from "@whither/core";
import { openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { unzoned } from "../transport/socket-address.ts";
import { sourceAddressFor } from "../transport/source-address.ts";

/** Every address of every interface, as canonical text. */
export function ownAddresses(): readonly string[] {
	const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
	return [...new Set(all.map(({ address }) => unzoned(address, 0).address))];
}

/** How often it is looked whether they have changed: a new public address is open to relays for so long. */
const LOOK_MS = 2_000;

/** Null: they cannot be told now. Asking takes a descriptor, and a server under load may have none left. */
function ownAddressesNow(look: typeof ownAddresses): readonly string[] | null {
	try {
		return look();
	} catch {
		return null;
	}
}

/**
 * Calls back with them when they have changed, until it is stopped; while they cannot be told, those that were known
 * count. It does not keep the process alive.
 */
export function watchOwnAddresses(
	known: readonly string[],
	changed: (addresses: readonly string[]) => void,
	look = ownAddresses,
): () => void {
	let last = known.join(" ");
	const timer = setInterval(() => {
		const now = ownAddressesNow(look);
		if (now === null || now.join(" ") === last) return;
		last = now.join(" ");
		changed(now);
	}, LOOK_MS).unref();
	return () => clearInterval(timer);
}

/** Somewhere else (RFC 5737, RFC 3849); nothing is sent there. */
const ELSEWHERE: Readonly<Record<Family, string>> = { 4: "192.0.2.1", 6: "2001:db8::1" };

/** The address of ours that packets to everywhere leave from; null: there is no default route of that family. */
export function defaultAddress(family: Family): string | null {
	const backend = openBackend();
	if (isSystemError(backend)) return null;
	const found = sourceAddressFor(backend, { family, address: ELSEWHERE[family], port: 9 });
	return isSystemError(found) ? null : found;
}
