/** The addresses that this machine has now: from the kernel's routing, or from Node where that cannot be asked. */
import { existsSync } from "node:fs";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { SystemError } from "@whither/core";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import type { Workspace } from "../native/workspace.ts";
import type { NetworkInterface } from "../netlink/interfaces.ts";
import { RoutingSocket } from "../netlink/routing-socket.ts";
import { isLinkLocal, unzoned } from "../transport/socket-address.ts";
import { type HostAddress, type KnownAddress, withPreference } from "./host-address.ts";
import { INTERFACE_COSTS, interfaceKind } from "./interface-kind.ts";

/**
 * Every address that a socket can be bound to, those of interfaces that are down as well; not those that nobody knows yet
 * whether somebody else has. `addressesToGather` picks what a call may be made from.
 */
export function hostAddressesBy(backend: Backend): readonly HostAddress[] | SystemError {
	const known = backend.name === "native" ? nativeAddresses(backend.workspace) : portableAddresses();
	return isSystemError(known) ? known : withPreference(known);
}

function nativeAddresses(workspace: Workspace): readonly KnownAddress[] | SystemError {
	const routing = RoutingSocket.open(workspace);
	if (isSystemError(routing)) return routing;
	const interfaces = new Map(routing.interfaces().map((one) => [one.index, one]));
	const addresses = routing.addresses();
	routing.close();
	return addresses.flatMap(({ index, tentative, ...one }) => {
		const at = interfaces.get(index);
		if (at === undefined || tentative) return [];
		const zone = one.family === 6 && isLinkLocal(one.address) ? { zone: at.name } : {};
		return [{ ...one, ...zone, interface: at.name, up: at.up, ...worthOf(at) }];
	});
}

function worthOf({ name, loopback, kind: driver, hardware }: NetworkInterface): Pick<HostAddress, "kind" | "cost"> {
	const kind = interfaceKind({ name, loopback, driver, hardware, wireless: isWireless(name) });
	return { kind, cost: INTERFACE_COSTS[kind] };
}

/** What netlink does not say of a link: whether its driver stands on cfg80211. */
function isWireless(name: string): boolean {
	return existsSync(`/sys/class/net/${name}/phy80211`);
}

/** Node shows only interfaces that are up, and knows neither lifetimes of addresses nor drivers. */
function portableAddresses(): readonly KnownAddress[] {
	return Object.entries(networkInterfaces()).flatMap(([name, infos = []]) => infos.map((info) => knownOf(name, info)));
}

function knownOf(name: string, info: NetworkInterfaceInfo): KnownAddress {
	const kind = interfaceKind({ name, loopback: info.internal, driver: null, hardware: null, wireless: false });
	const { address } = unzoned(info.address, 0);
	const isScoped = info.family === "IPv6" && isLinkLocal(address);
	const zone = process.platform === "win32" && info.family === "IPv6" ? String(info.scopeid) : name;
	return {
		address,
		family: info.family === "IPv6" ? 6 : 4,
		interface: name,
		...(isScoped ? { zone } : {}),
		prefixLength: Number(info.cidr?.split("/")[1] ?? 0),
		kind,
		cost: INTERFACE_COSTS[kind],
		temporary: false,
		deprecated: false,
		up: true,
	};
}
