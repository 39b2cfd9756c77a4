/** What people who meet sit behind: the kinds that every pair of is tried, and places that let little or no UDP through. */
import { type NatKind, natKind } from "@whither/sim";

/** The six kinds that every pair of is tried: RFC 4787's, and none at all. */
export const ICE_KINDS: readonly NatKind[] = [
	...["no NAT", "full cone", "address-restricted", "port-restricted", "address-dependent mapping", "symmetric"],
].map(natKind);

const BLOCKED = natKind("UDP blocked");

/** Neither lets UDP out nor in; TCP goes anywhere. */
export const UDP_BLOCKED: NatKind = {
	...BLOCKED,
	name: "UDP blocked, any TCP",
	router: ({ outside }) => ({ firewall: { outside, udp: "blocked" } }),
};

/** Lets connections to port 443 out, and nothing else. */
export const ONLY_443: NatKind = BLOCKED;

/** As most homes have it today: IPv4 behind a port-restricted NAT, IPv6 behind a firewall. */
export const DUAL_STACK_HOME: NatKind = {
	...natKind("port-restricted"),
	name: "NAT for IPv4, firewall for IPv6",
	router: ({ outside }) => ({
		nat: {
			...{ kind: "napt", outside, families: [4] },
			...{ mapping: "endpointIndependent", filtering: "addressAndPortDependent" },
		},
		firewall: { outside, families: [6] },
	}),
};
