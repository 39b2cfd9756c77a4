/** Where this host can be reached: peers there would be our own services. */
import { networkInterfaces } from "node:os";
import { unzoned } from "../transport/socket-address.ts";

/**
 * Every address of every interface, as canonical text. Taken once, when a service opens: relays to addresses that come
 * later are judged as those of any other host are, so private ones and loopback are denied all the same.
 */
export function ownAddresses(): readonly string[] {
	const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
	return [...new Set(all.map(({ address }) => unzoned(address, 0).address))];
}
