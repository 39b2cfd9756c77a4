/** The MTU of the link that packets leave by, whatever the kernel has learned of the path behind it. */
import { networkInterfaces } from "node:os";
import { SIOCGIFMTU } from "./native/constants.ts";
import type { Workspace } from "./native/workspace.ts";
import type { Route } from "./route.ts";

/** struct ifreq of netdevice(7): name of IFNAMSIZ bytes, then a union of which the MTU is an int. */
const NAME_BYTES = 16;
const IFREQ_BYTES = 40;

/** What tells the link: a socket of its network namespace, and the interface where one was asked for. */
export interface LinkQuestion {
	readonly fd: number;
	readonly interface: string | null;
	readonly route: Route;
}

/**
 * Bytes of one packet on the link that has the route's source address. IP_MTU alone would give what an earlier
 * Fragmentation Needed left in the kernel's route cache, which sockets that probe the path pay no heed to. It is never
 * more than the link takes, though, and stands where our own address is the target and the link is the loopback.
 */
export function linkMtu({ libc, scratch }: Workspace, { fd, interface: asked, route }: LinkQuestion): number | null {
	const name = asked ?? interfaceOf(route.source);
	if (name === null || name.length >= NAME_BYTES) return route.mtu;
	const { view, bytes, address } = scratch;
	bytes.fill(0, 0, IFREQ_BYTES);
	bytes.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES - 1));
	if (libc.ioctl(fd, SIOCGIFMTU, address) !== 0) return route.mtu;
	return Math.max(view.getInt32(NAME_BYTES, true), route.mtu ?? 0);
}

function interfaceOf(source: string): string | null {
	for (const [name, addresses] of Object.entries(networkInterfaces())) {
		if (addresses?.some(({ address }) => address === source)) return name;
	}
	return null;
}
