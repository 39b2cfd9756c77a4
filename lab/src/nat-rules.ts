/** Address translators and firewalls as rules of nftables, and which of them a kernel can be. */
import type { Family } from "@whither/core";
import {
	concerns,
	DEFAULT_LIFETIME_MS,
	type FirewallSpec,
	type NaptSpec,
	type NatSpec,
	type RouterSpec,
} from "@whither/sim";

/** A router's chains and the maps and sets that they use, each as lines of its block. */
export interface NatRules {
	readonly objects: readonly string[];
	/** By hook, in the order of the rules. */
	readonly prerouting: readonly string[];
	readonly postrouting: readonly string[];
	readonly forward: readonly string[];
	readonly input: readonly string[];
}

/** What the rules must know of the topology. */
export interface NatSurroundings {
	/** Device of the outer link. */
	readonly outer: string;
	/** The address that the inside is seen by. */
	readonly seenAs: Readonly<Record<Family, string>>;
	/** Addresses of the host in the demilitarized zone; null: there is none. */
	readonly exposed: Readonly<Record<Family, string>> | null;
	/** Addresses of the hosts that ports are forwarded to, in the order of the NAT's list. */
	readonly forwardedTo: readonly Readonly<Record<Family, string>>[];
}

const FAMILIES = [4, 6] as const;

/** What the families are called, and how wide their addresses are in a set. */
const WORDS = {
	4: { ip: "ip", type: "ipv4_addr", only: "meta nfproto ipv4" },
	6: { ip: "ip6", type: "ipv6_addr", only: "meta nfproto ipv6" },
} as const;

/** Hashed ports: a range of Linux's own ephemeral ports, though what comes out has its bytes swapped. */
const HASHED = "mod 20000 seed 0x5eed offset 20000";
/** What tells the hosts of the inside apart in it: for want of room, of an IPv6 address only the network. */
const SENDER = { 4: "ip saddr", 6: "@nh,64,64" } as const;
const MAP_SIZE = 65_535;

/** Why no kernel can be this NAT; null when it can. */
export function natObstacle(nat: NatSpec): string | null {
	if (nat.kind === "oneToOne") return "NAT that leaves quotes alone";
	if ((nat.quotes ?? "restored") !== "restored") return "NAT that restores quotes by half";
	return nat.kind === "napt" ? naptObstacle(nat) : null;
}

function naptObstacle({ mapping, filtering, ports = "preserving", ...nat }: NaptSpec): string | null {
	if (nat.preservesParity === true) return "NAT that keeps the parity of ports";
	if (ports === "sequential") return "NAT that gives ports one after the other";
	const isIndependent = mapping === "endpointIndependent";
	if (!isIndependent && ports === "preserving")
		return "NAT that keeps ports where its mapping depends on the remote end";
	const wantsMap = filtering !== "addressAndPortDependent" || (nat.hairpin ?? "none") !== "none";
	const knowsPorts = isIndependent && ports === "preserving";
	return wantsMap && !knowsPorts ? "NAT that lets strangers in by ports that it chose itself" : null;
}

/** Why no kernel can be this firewall; null when it can. */
export function firewallObstacle({ filtering = "addressAndPortDependent" }: FirewallSpec): string | null {
	return filtering === "addressAndPortDependent" ? null : "firewall that lets other ports answer";
}

/** How long the kernel remembers flows of UDP; null where the router has nothing to say about that. */
export function lifetimeSeconds({ nat, firewall }: RouterSpec): number | null {
	const known = [...(nat?.kind === "napt" ? [nat] : []), ...(firewall === undefined ? [] : [firewall])];
	if (known.length === 0) return null;
	return Math.round(Math.min(...known.map(({ lifetimeMs = DEFAULT_LIFETIME_MS }) => lifetimeMs)) / 1000);
}

/** The rules of a router's NAT of RFC 4787. */
export function naptRules(nat: NaptSpec & NatSpec, place: NatSurroundings): NatRules {
	const parts = FAMILIES.filter((family) => concerns(nat, family)).map((family) => familyRules(nat, place, family));
	return {
		objects: parts.flatMap(({ objects }) => objects),
		prerouting: parts.flatMap(({ prerouting }) => prerouting),
		postrouting: parts.flatMap(({ postrouting }) => postrouting),
		forward: parts.flatMap(({ forward }) => forward),
		input: parts.flatMap(({ input }) => input),
	};
}

function familyRules(nat: NaptSpec, place: NatSurroundings, family: Family): NatRules {
	const { outer, seenAs, exposed, forwardedTo } = place;
	const { ip, only } = WORDS[family];
	const { filtering, hairpin = "none", lifetimeMs = DEFAULT_LIFETIME_MS, forwards = [] } = nat;
	const isOpen = filtering !== "addressAndPortDependent";
	const usesMap = isOpen || hairpin !== "none";
	const timeout = `timeout ${Math.round(lifetimeMs / 1000)}s`;
	const leaving = `oifname "${outer}" ${only} meta l4proto udp`;
	const arriving = `iifname "${outer}" ${ip} daddr ${seenAs[family]} meta l4proto udp`;
	const toInside = `dnat ${ip} to udp dport map @inside${family}`;
	const known = filtering === "addressDependent" ? `udp dport . ${ip} saddr @peers${family} ` : "";
	const asOutside = `snat ${ip} to ${seenAs[family]}`;
	return {
		objects: [...(usesMap ? insideMap(family) : []), ...(filtering === "addressDependent" ? peerSet(family) : [])],
		prerouting: [
			...forwards.map(
				({ ports: [first, last] }, index) =>
					`${arriving} udp dport ${first}-${last} dnat ${ip} to ${forwardedTo[index]?.[family]}`,
			),
			...(isOpen ? [`${arriving} ${known}${toInside}`] : []),
			...(hairpin === "none"
				? []
				: [`iifname != "${outer}" ${ip} daddr ${seenAs[family]} meta l4proto udp ${toInside}`]),
			...(exposed === null ? [] : [`${arriving} dnat ${ip} to ${exposed[family]}`]),
		],
		postrouting: [
			...outsidePorts(nat, family).map((choice) => `${leaving} ${asOutside}${choice}`),
			`oifname "${outer}" ${only} ${asOutside}`,
			...(hairpin === "externalSource"
				? [`iifname != "${outer}" oifname != "${outer}" ${only} ct status dnat ${asOutside}`]
				: []),
		],
		// Here every packet out refreshes; the chains of type nat see only a flow's first.
		forward: [
			...(usesMap ? [`${leaving} update @inside${family} { udp sport ${timeout} : ${ip} saddr }`] : []),
			...(known === "" ? [] : [`${leaving} update @peers${family} { udp sport . ${ip} daddr ${timeout} }`]),
			// No provider routes private addresses: nobody outside reaches them by their own names.
			`iifname "${outer}" ${only} ct state new ct status & dnat == 0 drop`,
		],
		// Else the first packet that nobody asked for makes an entry about the router itself, and whom the inside sends
		// to later cannot be reached by the same port any more.
		input: [`iifname "${outer}" ${only} meta l4proto udp drop`],
	};
}

/** The ends of the rules that choose ports other than the inside's; none where it is kept. */
function outsidePorts({ mapping, ports = "preserving" }: NaptSpec, family: Family): readonly string[] {
	const { ip } = WORDS[family];
	if (mapping === "addressAndPortDependent") return [" fully-random"];
	if (mapping === "addressDependent") return [` : jhash ${SENDER[family]} . udp sport . ${ip} daddr ${HASHED}`];
	return ports === "preserving" ? [] : [` : jhash ${ip} saddr . udp sport ${HASHED}`];
}

function insideMap(family: Family): string[] {
	return block(`map inside${family}`, `inet_service : ${WORDS[family].type}`);
}

function peerSet(family: Family): string[] {
	return block(`set peers${family}`, `inet_service . ${WORDS[family].type}`);
}

function block(name: string, type: string): string[] {
	const lines = [`type ${type}`, "flags dynamic,timeout", `size ${MAP_SIZE}`];
	return [`\t${name} {`, ...lines.map((line) => `\t\t${line}`), "\t}"];
}

/** The forward rules of a firewall on the device `outer`. */
export function firewallRules(spec: FirewallSpec, outer: string): readonly string[] {
	return FAMILIES.filter((family) => concerns(spec, family)).flatMap((family) => {
		const { only } = WORDS[family];
		const [out, back] = [`oifname "${outer}" ${only}`, `iifname "${outer}" ${only}`];
		const ports = spec.tcpPorts?.join(", ");
		return [
			...(spec.udp === "blocked" ? [out, back].map((way) => `${way} meta l4proto udp drop`) : []),
			...(ports === undefined ? [] : [`${out} meta l4proto tcp tcp dport != { ${ports} } reject with tcp reset`]),
			`${back} ct state established,related accept`,
			`${back} drop`,
		];
	});
}
