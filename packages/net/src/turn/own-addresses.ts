/** Where this host can be reached: peers there would be our own services. */
import { networkInterfaces } from "node:os";
import type { Family } from "@whither/core";
import { openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { unzoned } from "../transport/socket-address.ts";
import { sourceAddressFor } from "../transport/source-address.ts";

/**
 * Every address of every interface, as canonical text. Taken once, when a service opens: relays to addresses that come
 * later are judged as those of any other host are, so private ones and loopback are denied all the same.
 */
export function ownAddresses(): readonly string[] {
	const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
	return [...new Set(all.map(({ address }) => unzoned(address, 0).address))];
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
