/** Which of a node's addresses an answer comes from. Pure. */
import type { NetworkInterfaceInfo } from "node:os";
import { parseAddress } from "@whither/wire";

/** Whom the answer is for. */
export interface AnsweredSender {
	readonly family: 4 | 6;
	readonly source: string;
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * An address of the interface that the packet came in by: one of a network that its sender is in, else the first. Deviation:
 * RFC 1812 section 4.3.2.4 wants the interface that the answer leaves by; the path went through this one. Where it has no
 * address, as unnumbered links do, the first of another. Null: the node has no
 * address of the family but link-local and loopback ones, which mean nothing farther away.
 */
export function nearestAddress(interfaces: Interfaces, name: string, sender: AnsweredSender): string | null {
	const usable = (list: readonly NetworkInterfaceInfo[] | undefined) =>
		(list ?? []).filter(
			(info) => info.family === `IPv${sender.family}` && !info.internal && !isLinkLocal(info.address),
		);
	const own = usable(interfaces[name]);
	const near = own.find((info) => isNeighbour(info, sender.source)) ?? own[0];
	if (near !== undefined) return near.address;
	return Object.values(interfaces).flatMap(usable)[0]?.address ?? null;
}

function isLinkLocal(address: string): boolean {
	return /^(fe[89ab]|169\.254\.)/i.test(address);
}

/** Whether an address is in the network of an interface's. */
function isNeighbour({ address, netmask }: NetworkInterfaceInfo, other: string): boolean {
	const [ours, theirs, mask] = [parseAddress(address), parseAddress(other), parseAddress(netmask)];
	if (!(ours instanceof Uint8Array && theirs instanceof Uint8Array && mask instanceof Uint8Array)) return false;
	return ours.every((byte, index) => ((byte ^ (theirs[index] ?? 0)) & (mask[index] ?? 0)) === 0);
}
