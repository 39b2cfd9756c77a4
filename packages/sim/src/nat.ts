/**
 * Network address translation (RFC 4787, RFC 5382, RFC 5508) as a hook of a router: sources as packets leave by the link
 * to the outside, destinations and quoted packets as they come in by it, and both where a packet turns back at the router.
 */
import { type Family, type Instant, MILLISECOND } from "@whither/core";
import { decodeQuoted, ICMP_HEADER_LENGTH, IP_PROTOCOL, isDecodeError, type QuotedPacket } from "@whither/wire";
import { AddressBytes } from "./address-bytes.ts";
import { copyBytes } from "./copy-bytes.ts";
import { type Binding, type BindingRules, NatBindings, type PortForward } from "./nat-bindings.ts";
import { portOf, rewrite, translate } from "./nat-rewrite.ts";
import { DEFAULT_LIFETIME_MS, type NaptSpec, type NatSpec } from "./nat-spec.ts";
import type { NodeHook, Verdict } from "./node.ts";
import { type IpPacket, isIcmpError } from "./packet.ts";
import { replaceAddress, writeIcmpChecksum } from "./packet-fields.ts";
import type { Endpoint } from "./program.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { addressTowards, interfacesOf, nodeAddress, nodeAddresses, publicAddresses } from "./topology.ts";

/** The address that a NAT's inside is seen by: of its outer link, or one of its own that is on none. */
export function natAddress(scenario: Scenario, router: string, nat: NatSpec, family: Family): string {
	if (nat.kind === "masquerade") return addressTowards(scenario, router, nat.outside, family);
	const [address] = publicAddresses(scenario, router, family);
	if (address === undefined) throw new RangeError(`${router} translates no IPv${family}`);
	return address;
}

/** The hook of one router. */
export function natHook(scenario: Scenario, router: string, nat: NatSpec, family: Family): NodeHook {
	const publicText = natAddress(scenario, router, nat, family);
	const outer = interfacesOf(scenario, router).find(({ neighbour }) => neighbour === nat.outside);
	if (outer === undefined) throw new RangeError(`${router} has no link to ${nat.outside}`);
	const own = new Set(nodeAddresses(scenario, router, family));
	const host = nat.kind === "oneToOne" ? nat.host : nat.kind === "napt" ? nat.dmz : undefined;
	const table = new NatTable(nat, {
		...{ family, publicAddress: publicText },
		host: host === undefined ? null : nodeAddress(scenario, host, family),
		forwards: ((nat.kind === "napt" ? nat.forwards : undefined) ?? []).map(({ ports: [first, last], to }) => ({
			...{ first, last, to: nodeAddress(scenario, to, family) },
		})),
		random: new Random((scenario.seed ?? 1) * 1000 + outer.link),
	});
	return (bytes, { point, inLink, outLink, packet, at }) => {
		if (packet.fragmentOffset > 0) return bytes;
		const leaves = point === "out" && outLink === outer.link;
		// What the router itself says of a packet that it has translated already.
		if (inLink === null) return leaves && isIcmpError(packet) ? table.ownError(packet, at) : bytes;
		const isInside = inLink !== outer.link;
		if (point === "out") return isInside && leaves ? table.outwards(packet, at) : bytes;
		if (point === "forward") return bytes;
		if (packet.destination === publicText) return isInside ? table.turnBack(packet, at) : table.inwards(packet, at);
		// No provider routes private addresses: nobody outside reaches them by their own names.
		const reachesBehind = nat.kind === "napt" && !isInside && !own.has(packet.destination);
		return reachesBehind ? { drop: "an inside address, from outside" } : bytes;
	};
}

interface NatFacts {
	readonly family: Family;
	readonly publicAddress: string;
	/** The one inside of a 1:1 NAT; otherwise the host in the demilitarized zone. */
	readonly host: string | null;
	readonly forwards: readonly PortForward[];
	readonly random: Random;
}

/** Protocols without ports, and everything but UDP: by address, for ever. */
const BY_ADDRESS: BindingRules = {
	mapping: "addressDependent",
	filtering: "addressDependent",
	ports: "sequential",
	preservesParity: false,
	lifetimeNs: Number.POSITIVE_INFINITY,
	dmz: null,
	forwards: [],
};

function udpRules(spec: NaptSpec, { host, forwards }: NatFacts): BindingRules {
	const { mapping, filtering, ports = "preserving", preservesParity = false, lifetimeMs = DEFAULT_LIFETIME_MS } = spec;
	const lifetimeNs = lifetimeMs * MILLISECOND;
	return { mapping, filtering, ports, preservesParity, lifetimeNs, dmz: host, forwards };
}

class NatTable {
	readonly #nat: NatSpec;
	readonly #facts: NatFacts;
	/** Of NATs that translate ports, by protocol; made when its first packet comes. */
	readonly #bindings = new Map<number, NatBindings>();
	/** Who speaks a protocol without ports with a remote address: the inside address, by both. */
	readonly #portless = new Map<string, string>();
	readonly #addresses = new AddressBytes();

	constructor(nat: NatSpec, facts: NatFacts) {
		this.#nat = nat;
		this.#facts = facts;
	}

	/** A packet that leaves by the outer link. */
	outwards(packet: IpPacket, at: Instant): Verdict {
		const { publicAddress, host } = this.#facts;
		const isOneToOne = this.#nat.kind === "oneToOne";
		if (isOneToOne && packet.source !== host) return packet.bytes;
		const to = { which: "source", address: this.#bytesOf(publicAddress), text: publicAddress } as const;
		if (isOneToOne) return translate(packet, { ...to, port: null });
		if (isIcmpError(packet)) return this.#errorOutwards(packet, at);
		const { protocol, source, destination, payload } = packet;
		const port = portOf(protocol, payload, "source");
		if (port === null) {
			this.#portless.set(`${protocol} ${destination}`, source);
			return translate(packet, { ...to, port });
		}
		const remote = { address: destination, port: portOf(protocol, payload, "destination") ?? 0 };
		const binding = this.#bindingsOf(protocol).outwards({ address: source, port }, remote, at);
		return binding === null ? { drop: "no port is free" } : translate(packet, { ...to, port: binding.outsidePort });
	}

	/** A packet to the public address that comes in by the outer link. */
	inwards(packet: IpPacket, at: Instant): Verdict {
		if (isIcmpError(packet)) return this.#errorInwards(packet, at);
		const { protocol, source: remote, payload } = packet;
		const port = portOf(protocol, payload, "destination");
		const inside = this.#insideOf(
			protocol,
			{ address: remote, port: portOf(protocol, payload, "source") ?? 0 },
			port,
			at,
		);
		if (typeof inside !== "string") return this.#toInside(packet, inside);
		// What nobody waits for is for the router itself, which of UDP takes nothing from outside.
		return this.#nat.kind === "napt" && protocol === IP_PROTOCOL.udp ? { drop: inside } : packet.bytes;
	}

	/** A packet from inside to the public address (RFC 4787 section 6). */
	turnBack(packet: IpPacket, at: Instant): Verdict {
		const hairpin = this.#nat.kind === "napt" ? (this.#nat.hairpin ?? "none") : "none";
		if (hairpin === "none") return packet.bytes;
		if (isIcmpError(packet)) return this.#errorInwards(packet, at);
		if (packet.protocol !== IP_PROTOCOL.udp) return packet.bytes;
		const { publicAddress } = this.#facts;
		const bindings = this.#bindingsOf(packet.protocol);
		const portAt = (which: "source" | "destination") => portOf(packet.protocol, packet.payload, which) ?? 0;
		const [from, to] = [portAt("source"), portAt("destination")];
		const sender = bindings.outwards({ address: packet.source, port: from }, { address: publicAddress, port: to }, at);
		if (sender === null) return { drop: "no port is free" };
		const seenAs = { address: publicAddress, port: sender.outsidePort };
		const found = bindings.inwards(to, seenAs, at);
		const receiver = found === "filtered" ? bindings.atOutside(to, at) : found;
		if (receiver === null || typeof receiver === "string") return packet.bytes;
		const turned = this.#toInside(packet, receiver.inside);
		if (hairpin === "internalSource") return turned;
		const address = this.#bytesOf(publicAddress);
		return translate(turned, { which: "source", address, text: publicAddress, port: seenAs.port });
	}

	#toInside(packet: IpPacket, { address, port }: Inside): IpPacket {
		return translate(packet, { which: "destination", address: this.#bytesOf(address), text: address, port });
	}

	/** Who inside a packet from `remote` is for, or why for nobody. */
	#insideOf(protocol: number, remote: Endpoint, outsidePort: number | null, at: Instant): Inside | string {
		const { host } = this.#facts;
		if (this.#nat.kind === "oneToOne" && host !== null) return { address: host, port: null };
		if (outsidePort === null) return this.#portlessOf(protocol, remote.address) ?? "no mapping";
		const binding = this.#bindingsOf(protocol).inwards(outsidePort, remote, at);
		return typeof binding === "string" ? binding : binding.inside;
	}

	#portlessOf(protocol: number, remote: string): Inside | null {
		const address = this.#portless.get(`${protocol} ${remote}`);
		return address === undefined ? null : { address, port: null };
	}

	/** Whose packet an error quotes, whatever the filter says of who may send to him (RFC 5508 REQ-4). */
	#senderOf(protocol: number, remote: string, outsidePort: number | null, at: Instant): Inside | null {
		const { host } = this.#facts;
		if (this.#nat.kind === "oneToOne" && host !== null) return { address: host, port: null };
		if (outsidePort === null) return this.#portlessOf(protocol, remote);
		return this.#bindingsOf(protocol).atOutside(outsidePort, at)?.inside ?? null;
	}

	/** An error is for whoever sent what it quotes; it says so itself in an untranslated quote. */
	#errorInwards(packet: IpPacket, at: Instant): Uint8Array {
		const { family } = packet;
		const { publicAddress } = this.#facts;
		const { bytes, message, original, quoted } = openError(packet);
		if (quoted === null || quoted.source !== publicAddress) return packet.bytes;
		const { protocol, destination, segment } = quoted;
		const found = this.#senderOf(protocol, destination, portOf(protocol, segment, "source"), at);
		if (found === null) return packet.bytes;
		const quotes = this.#nat.quotes ?? (this.#nat.kind === "oneToOne" ? "untranslated" : "restored");
		const inside = { which: "source", address: this.#bytesOf(found.address), port: found.port } as const;
		if (quotes !== "untranslated") {
			rewrite({ bytes: original, segment, family, protocol }, { ...inside, fixes: quotes === "restored" });
		}
		replaceAddress(bytes, family, "destination", inside.address);
		writeIcmpChecksum(message, { family, source: packet.source, destination: found.address });
		return bytes;
	}

	/**
	 * The router's own error about a packet that came in by a mapping of its own: it leaves as one from inside, so that the
	 * router cannot be told from the host behind it (as Linux does it).
	 */
	ownError(packet: IpPacket, at: Instant): Uint8Array {
		const { quoted } = openError(packet);
		const isTranslated = quoted !== null && this.#quotedBinding(quoted, at) !== null;
		return isTranslated ? this.#errorOutwards(packet, at) : packet.bytes;
	}

	/** The mapping that a quoted packet came in by. */
	#quotedBinding({ protocol, segment, source, destination }: QuotedPacket, at: Instant): Binding | null {
		const insidePort = portOf(protocol, segment, "destination");
		if (insidePort === null) return null;
		const remote = { address: source, port: portOf(protocol, segment, "source") ?? 0 };
		return this.#bindingsOf(protocol).between({ address: destination, port: insidePort }, remote, at);
	}

	/** An error from inside quotes a packet to the inside; outside it was one to the public address. */
	#errorOutwards(packet: IpPacket, at: Instant): Uint8Array {
		const { family } = packet;
		const { publicAddress } = this.#facts;
		const { bytes, message, original, quoted } = openError(packet);
		const outside = this.#bytesOf(publicAddress);
		if (quoted !== null) {
			const { protocol, segment } = quoted;
			const port = this.#quotedBinding(quoted, at)?.outsidePort ?? null;
			const replacement = { which: "destination", address: outside, port, fixes: true } as const;
			rewrite({ bytes: original, segment, family, protocol }, replacement);
		}
		replaceAddress(bytes, family, "source", outside);
		writeIcmpChecksum(message, { family, source: publicAddress, destination: packet.destination });
		return bytes;
	}

	#bindingsOf(protocol: number): NatBindings {
		const known = this.#bindings.get(protocol);
		if (known !== undefined) return known;
		const isSpecified = this.#nat.kind === "napt" && protocol === IP_PROTOCOL.udp;
		const rules = isSpecified ? udpRules(this.#nat, this.#facts) : BY_ADDRESS;
		const bindings = new NatBindings(rules, this.#facts.random);
		this.#bindings.set(protocol, bindings);
		return bindings;
	}

	#bytesOf(address: string): Uint8Array {
		return this.#addresses.of(address);
	}
}

/** An endpoint inside; without a port where only the address is translated. */
interface Inside {
	readonly address: string;
	readonly port: number | null;
}

/** A copy of an ICMP error with its parts: views into the copy. */
function openError(packet: IpPacket) {
	const bytes = copyBytes(packet.bytes);
	const message = bytes.subarray(bytes.length - packet.payload.length);
	const original = message.subarray(ICMP_HEADER_LENGTH);
	const quoted = decodeQuoted(packet.family, original);
	return { bytes, message, original, quoted: isDecodeError(quoted) ? null : quoted };
}
