/** A machine of the simulated internet: what it is and what it remembers. */
import type { Family, Instant } from "@whither/core";
import { flowHash } from "./flow-hash.ts";
import { Reassembler } from "./fragment.ts";
import { type IpPacket, readPacket } from "./packet.ts";
import { Random } from "./random.ts";
import { IcmpLimiter } from "./rate-limit.ts";
import type { HostSpec, NodeSpec, RouterSpec, Scenario } from "./scenario.ts";
import { type Interface, interfacesOf, linkAddress, nodeAddress, nodeAddresses } from "./topology.ts";

/** Where in a node a hook sees a packet: as it comes in, when it is to be forwarded, as it goes out. */
export type HookPoint = "in" | "forward" | "out";

/** By which links a packet comes and goes, as indexes in the scenario, null where there is none (own packets), and when. */
export interface Crossroads {
	readonly inLink: number | null;
	readonly outLink: number | null;
	readonly at: Instant;
}

/** Where and when a hook is asked. */
export interface HookPlace extends Crossroads {
	readonly point: HookPoint;
	readonly node: string;
	/** What the bytes that the hook is given say. */
	readonly packet: IpPacket;
}

/** A packet to go on with, read or as bytes (the same ones: unchanged), or why it goes no further and what the node answers. */
export type Verdict = Uint8Array | IpPacket | { readonly drop: string; readonly answer?: Uint8Array };

/** What a NAT or firewall does to a packet. */
export type NodeHook = (packet: Uint8Array, place: HookPlace) => Verdict;

/** Takes a packet that arrived at its destination; false: the machine's own answer is wanted as well. */
export type Listener = (packet: IpPacket, at: Instant) => boolean;

/** An interface with its address (canonical text) and MTU (bytes of a whole IP packet). */
export interface NodeInterface extends Interface {
	readonly address: string;
	readonly mtu: number;
}

const DEFAULT_MTU = 1500;
/** Linux, and what RFC 1700 asked for. */
const DEFAULT_INITIAL_TTL = 64;

/** A packet that goes no further: as it was then, why, and what the node answers. */
export interface DroppedPacket {
	readonly packet: IpPacket;
	readonly drop: string;
	readonly answer?: Uint8Array;
}

/** What a machine is made from: one of the scenario's nodes. */
export interface NodeOptions {
	readonly scenario: Scenario;
	readonly name: string;
	readonly spec: NodeSpec;
	readonly family: Family;
	readonly seed: number;
	readonly hooks: readonly NodeHook[];
}

/** One machine with its state. */
export class SimNode {
	readonly name: string;
	readonly spec: NodeSpec;
	readonly interfaces: ReadonlyMap<number, NodeInterface>;
	readonly addresses: ReadonlySet<string>;
	/** The one on its first link. */
	readonly address: string;
	readonly limiter: IcmpLimiter;
	readonly reassembler = new Reassembler();
	readonly random: Random;
	readonly hooks: readonly NodeHook[];
	listener: Listener | null = null;
	readonly #hashSeed: number;
	#identification: number;

	constructor({ scenario, name, spec, family, seed, hooks }: NodeOptions) {
		this.name = name;
		this.spec = spec;
		this.hooks = hooks;
		this.random = new Random(seed);
		this.#hashSeed = this.random.uint32();
		this.#identification = this.random.below(0x10000);
		this.limiter = new IcmpLimiter(spec.icmpLimit ?? "none");
		this.interfaces = new Map(
			interfacesOf(scenario, name).map((place) => {
				const mtu = scenario.links[place.link]?.mtu ?? DEFAULT_MTU;
				return [place.link, { ...place, address: linkAddress(place.link, place.side, family), mtu }];
			}),
		);
		this.addresses = new Set(nodeAddresses(scenario, name, family));
		this.address = nodeAddress(scenario, name, family);
	}

	/** The router's own settings; null for a host. */
	get router(): RouterSpec | null {
		return this.spec.kind === "router" ? this.spec : null;
	}

	/** How the machine answers packets to itself; a router answers echo requests and has every port closed. */
	get host(): HostSpec {
		if (this.spec.kind === "host") return this.spec;
		return {
			kind: "host",
			...(this.spec.silent === true && { udp: "silent", tcpDefault: "filtered", icmpEcho: "silent" }),
		};
	}

	get initialTtl(): number {
		return this.spec.initialTtl ?? DEFAULT_INITIAL_TTL;
	}

	/** The packet that the hooks let go on, or the one that was dropped and why. */
	pass(arrived: IpPacket, point: HookPoint, { inLink, outLink, at }: Crossroads): IpPacket | DroppedPacket {
		let packet = arrived;
		// RFC 1122 section 3.2.1.3: nobody else sends in one's own name. Of IPv6 Linux believes it.
		if (point === "in" && packet.family === 4 && this.addresses.has(packet.source))
			return { packet, drop: "its own address, from outside" };
		if (this.hooks.length === 0) return packet;
		for (const hook of this.hooks) {
			const { bytes } = packet;
			const verdict = hook(bytes, { inLink, outLink, at, point, node: this.name, packet });
			if (verdict === bytes) continue;
			if (verdict instanceof Uint8Array) {
				const changed = readPacket(verdict);
				if (changed === null) return { packet, drop: "malformed" };
				packet = changed;
			} else if ("drop" in verdict) return { packet, ...verdict };
			else packet = verdict;
		}
		return packet;
	}

	/** The next IPv4 identification. */
	nextIdentification(): number {
		this.#identification = (this.#identification + 1) & 0xffff;
		return this.#identification;
	}

	/**
	 * The address it answers from: the one it is told to use, the one that was asked, or that of the link which faces the
	 * sender.
	 */
	answerSource(asked: string, facingLink: number | undefined): string {
		const neighbour = this.spec.kind === "host" ? this.spec.answersFrom : undefined;
		const towards = neighbour && [...this.interfaces.values()].find((place) => place.neighbour === neighbour);
		if (towards) return towards.address;
		if (this.addresses.has(asked)) return asked;
		const facing = facingLink === undefined ? undefined : this.interfaces.get(facingLink);
		return facing?.address ?? [...this.addresses][0] ?? asked;
	}

	/** One of several equally good links for a packet; undefined when there is none. */
	chooseLink(links: readonly number[], packet: IpPacket): number | undefined {
		if (links.length < 2) return links[0];
		const number = this.router?.ecmp === "perPacket" ? this.random.uint32() : flowHash(packet, this.#hashSeed);
		return links[number % links.length];
	}
}
