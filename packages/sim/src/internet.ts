/** The simulated internet: nodes joined by links, real packet bytes, virtual time. */
import type { Family, Instant } from "@whither/core";
import { type CryptoPort, IP_PROTOCOL } from "@whither/wire";
import { AddressBytes } from "./address-bytes.ts";
import { copyBytes } from "./copy-bytes.ts";
import { EnrichedNodes } from "./enriched.ts";
import { EventQueue } from "./event-queue.ts";
import { decideForwarding } from "./forwarding.ts";
import { fragmentIpv4 } from "./fragment.ts";
import { answerPacket } from "./host.ts";
import { StunHost } from "./host-stun.ts";
import { type ErrorCause, formatCause } from "./icmp-error.ts";
import { type Delivery, Impairment, impairmentFrom } from "./impairment.ts";
import { middleboxHooks } from "./middlebox.ts";
import { natAddress } from "./nat.ts";
import { concerns } from "./nat-spec.ts";
import { type Crossroads, type HookPoint, type Listener, type NodeHook, type NodeInterface, SimNode } from "./node.ts";
import { errorOf, whyNoError } from "./node-errors.ts";
import { noisePackets } from "./noise.ts";
import { type IpPacket, readPacket, withTtl, withTtlInPlace } from "./packet.ts";
import type { PacketRecord } from "./packet-record.ts";
import type { AttachedProgram, DatagramProgram } from "./program.ts";
import { ProgramHost } from "./program-host.ts";
import { Random } from "./random.ts";
import type { HostSpec, RouterSpec, Scenario } from "./scenario.ts";
import { type ConnectionRecord, TcpEndpoint } from "./tcp-endpoint.ts";
import { computeRoutes, type Routes } from "./topology.ts";

/** What a simulated internet is built from. */
export interface InternetOptions {
	readonly scenario: Scenario;
	readonly family: Family;
	/** Default: the scenario's. */
	readonly seed?: number;
	/** NATs and firewalls by node name, asked in order. */
	readonly hooks?: Readonly<Record<string, readonly NodeHook[]>>;
	/** For servers that encrypt; without it they are silent. */
	readonly crypto?: CryptoPort;
	/** What happens in it and in others, in one order: internets of both families whose time is the same. Default: its own. */
	readonly events?: EventQueue<() => void>;
	/** Whether `packets` are kept: false for thousands of runs that nobody looks at. Default true. */
	readonly records?: boolean;
}

/** All machines of a scenario in one family. Packets go in by `send`; `advance` lets virtual time pass. */
export class Internet {
	readonly scenario: Scenario;
	readonly family: Family;
	readonly routes: Routes;
	/** Every packet at every place so far, if they are kept. */
	readonly packets: PacketRecord[] = [];
	readonly #records: boolean;
	readonly #addresses = new AddressBytes();
	readonly #nodes = new Map<string, SimNode>();
	readonly #ownerOf = new Map<string, string>();
	/** By link, then by the name of the sending end. */
	readonly #directions: ReadonlyMap<string, Impairment>[] = [];
	readonly #crypto: CryptoPort | undefined;
	readonly #events: EventQueue<() => void>;
	/** By node name; made when a first segment to an open port comes. */
	readonly #endpoints = new Map<string, TcpEndpoint>();
	readonly #enriched: EnrichedNodes;
	/** By node name; made when a first program comes. */
	readonly #programs = new Map<string, ProgramHost>();

	constructor(options: InternetOptions) {
		const { scenario, family, hooks = {} } = options;
		this.scenario = scenario;
		this.family = family;
		this.#crypto = options.crypto;
		this.#records = options.records ?? true;
		this.#events = options.events ?? new EventQueue();
		this.routes = computeRoutes(scenario);
		this.#enriched = new EnrichedNodes(scenario.trace.from, this.routes);
		const random = new Random(options.seed ?? scenario.seed ?? 1);
		for (const [name, spec] of Object.entries(scenario.nodes)) {
			const own = {
				name,
				spec,
				seed: random.uint32(),
				hooks: [...middleboxHooks(scenario, name, family), ...(hooks[name] ?? [])],
			};
			const node = new SimNode({ scenario, family, ...own });
			this.#nodes.set(name, node);
			for (const address of node.addresses) this.#ownerOf.set(address, name);
			if (spec.kind === "host" && spec.udp === "stun") this.attach(name, new StunHost(spec.stun));
			if (spec.kind === "router" && spec.nat !== undefined && concerns(spec.nat, family)) {
				this.#ownerOf.set(natAddress(scenario, name, spec.nat, family), name);
			}
		}
		for (const link of scenario.links) {
			const ends = link.between.map((end) => [end, new Impairment(impairmentFrom(link, end), random.fork())] as const);
			this.#directions.push(new Map(ends));
		}
	}

	/** When something happens next; null when the internet is at rest. */
	get nextAt(): Instant | null {
		return this.#events.nextAt;
	}

	/** How a node answers packets to itself. */
	hostOf(node: string): HostSpec {
		return this.#node(node).host;
	}

	/** Every TCP connection that a host accepted, oldest first by host. */
	get connections(): readonly ConnectionRecord[] {
		return [...this.#endpoints.values()].flatMap((endpoint) => endpoint.connections);
	}

	/** A node's own address. */
	address(node: string): string {
		return this.#node(node).address;
	}

	/** The node that has an address; undefined for one of nobody's. */
	nodeAt(address: string): string | undefined {
		return this.#ownerOf.get(address);
	}

	/** MTU in bytes of the link that a node's packets to `destination` leave by; null when it has no route. */
	mtuTowards(name: string, destination: string): number | null {
		const link = this.routes.get(name)?.get(this.nodeAt(destination) ?? "")?.[0];
		return link === undefined ? null : (this.#node(name).interfaces.get(link)?.mtu ?? null);
	}

	/** Gives the packets that arrive at a node to `listener`. */
	listen(name: string, listener: Listener): void {
		this.#node(name).listener = listener;
	}

	/** Runs a program on a host; its first tick comes at once, at `now`. */
	attach(name: string, program: DatagramProgram, now: Instant = 0): AttachedProgram {
		const node = this.#node(name);
		const known = this.#programs.get(name);
		const host =
			known ?? new ProgramHost({ ...this.#powersOf(node), family: this.family, ownAddresses: node.addresses });
		if (known === undefined) this.#programs.set(name, host);
		return host.attach(program, now);
	}

	/** Sends a whole IP packet from a node. */
	send(name: string, packet: Uint8Array, at: Instant): void {
		const bytes = this.#records ? packet : copyBytes(packet);
		this.#events.push(at, () => this.#output(this.#node(name), bytes, at));
	}

	/** Calls back when virtual time has come to `at`, for the timers of those who live on a node. */
	schedule(at: Instant, action: () => void): void {
		this.#events.push(at, action);
	}

	/** Lets everything happen that is due up to `now`; returns how many events that were. */
	advance(now: Instant): number {
		let count = 0;
		for (; ; count++) {
			const next = this.#events.nextAt;
			if (next === null || next > now) return count;
			this.#events.pop()?.item();
		}
	}

	#node(name: string): SimNode {
		const node = this.#nodes.get(name);
		if (node === undefined) throw new RangeError(`no node is called ${name}`);
		return node;
	}

	#output(node: SimNode, bytes: Uint8Array, at: Instant): void {
		const packet = readPacket(bytes);
		if (packet === null) this.#drop(node, bytes, at, "malformed");
		else this.#emit(node, packet, at);
	}

	#emit(node: SimNode, packet: IpPacket, at: Instant): void {
		const destination = this.nodeAt(packet.destination) ?? "";
		const links = this.routes.get(node.name)?.get(destination) ?? [];
		const link = node.chooseLink(links, packet);
		if (link === undefined) this.#drop(node, packet.bytes, at, "no route");
		else this.#transmit(node, packet, null, link, at);
	}

	/** The last thing in a node: the out hooks, fragmentation, the link. */
	#transmit(node: SimNode, packet: IpPacket, inLink: number | null, outLink: number, at: Instant): void {
		const passed = this.#hooked(node, packet, "out", { inLink, outLink, at });
		const place = node.interfaces.get(outLink);
		if (passed === null || place === undefined) return;
		const fits = passed.bytes.length <= place.mtu;
		if (fits) this.#cross(node, passed.bytes, passed, place, at);
		else if (passed.dontFragment) this.#drop(node, passed.bytes, at, "longer than the MTU");
		else for (const piece of fragmentIpv4(passed, place.mtu)) this.#cross(node, piece, readPacket(piece), place, at);
	}

	/** `packet` is what the bytes say; bytes that come out changed are read anew. */
	#cross(node: SimNode, bytes: Uint8Array, packet: IpPacket | null, place: NodeInterface, at: Instant): void {
		const { link, neighbour } = place;
		const crossing = this.#directions[link]?.get(node.name)?.cross(bytes, at);
		if (crossing === undefined) return;
		if (this.#records) {
			const detail = [`to ${neighbour}`, ...crossing.faults].join(", ");
			this.packets.push({ at, node: node.name, action: "send", detail, packet: bytes });
		}
		const { deliveries } = crossing;
		for (let index = 0; index < deliveries.length; index++) {
			const delivery = deliveries[index] as Delivery;
			// Each copy is written over on its own way.
			const own = index === 0 || this.#records ? delivery.packet : copyBytes(delivery.packet);
			const arrived = own === bytes ? packet : readPacket(own);
			this.#arrive(this.#node(neighbour), own, arrived, link, delivery.at);
		}
	}

	/** Has a packet come out of a link in time. */
	#arrive(receiver: SimNode, bytes: Uint8Array, arrived: IpPacket | null, link: number, at: Instant): void {
		this.#events.push(at, () => {
			if (arrived === null) this.#drop(receiver, bytes, at, "malformed");
			else this.#receive(receiver, arrived, link, at);
		});
	}

	#receive(node: SimNode, arrived: IpPacket, link: number, at: Instant): void {
		const packet = this.#hooked(node, arrived, "in", { inLink: link, outLink: null, at });
		if (packet === null) return;
		this.#makeNoise(node, packet, at);
		if (node.addresses.has(packet.destination)) this.#deliver(node, packet, link, at);
		else if (node.router === null) this.#drop(node, packet.bytes, at, "not for this host");
		else this.#forward(node, node.router, packet, link, at);
	}

	#forward(node: SimNode, router: RouterSpec, packet: IpPacket, inLink: number, at: Instant): void {
		const destination = this.nodeAt(packet.destination);
		const verdict = decideForwarding(node, router, packet, destination, this.routes);
		const enriched = this.#enriched.enrich(node, packet, verdict, { inLink, at });
		if (enriched.type === "answer") this.#output(node, enriched.answer, at);
		else if (verdict.type === "drop") this.#drop(node, packet.bytes, at, verdict.why);
		else if (verdict.type === "error") this.#fail(node, packet, verdict.cause, inLink, at);
		else {
			const passed = this.#hooked(node, enriched.packet, "forward", { inLink, outLink: verdict.link, at });
			if (passed === null) return;
			// Who keeps records keeps the packet as it was at each place.
			const aged = this.#records ? withTtl(passed, passed.ttl - 1) : withTtlInPlace(passed, passed.ttl - 1);
			this.#transmit(node, aged, inLink, verdict.link, at);
		}
	}

	#deliver(node: SimNode, piece: IpPacket, inLink: number, at: Instant): void {
		const packet = node.reassembler.add(piece);
		const detail = packet === null ? "fragment" : "";
		if (this.#records) this.packets.push({ at, node: node.name, action: "deliver", detail, packet: piece.bytes });
		if (packet === null || node.listener?.(packet, at)) return;
		if (this.#programs.get(node.name)?.receive(packet, at)) return;
		if (packet.protocol === IP_PROTOCOL.tcp && this.#endpoint(node).receive(packet, at)) return;
		const answer = answerPacket(node.host, packet, {
			source: this.#answerSource(node, packet),
			ttl: node.initialTtl,
			identification: node.nextIdentification(),
			initialSequence: node.random.uint32(),
			...(this.#crypto === undefined ? {} : { crypto: this.#crypto }),
		});
		if (answer.type === "error") this.#fail(node, packet, answer.cause, inLink, at);
		if (answer.type !== "packet") return;
		for (let copy = 0; copy < (node.spec.copies ?? 1); copy++) this.#output(node, answer.packet, at);
	}

	#endpoint(node: SimNode): TcpEndpoint {
		const known = this.#endpoints.get(node.name);
		if (known !== undefined) return known;
		const endpoint = new TcpEndpoint({ ...this.#powersOf(node), host: node.host, random: node.random });
		this.#endpoints.set(node.name, endpoint);
		return endpoint;
	}

	/** What a node lends to those who live on it. */
	#powersOf(node: SimNode) {
		return {
			node: node.name,
			ttl: node.initialTtl,
			addresses: this.#addresses,
			nextIdentification: () => node.nextIdentification(),
			emit: (packet: IpPacket, at: Instant) => this.#emit(node, packet, at),
			send: (packet: Uint8Array, at: Instant) => this.#output(node, packet, at),
			schedule: (at: Instant, action: () => void) => this.schedule(at, action),
		};
	}

	/** Drops a packet and tells its sender, as far as the node may and wants to. */
	#fail(node: SimNode, packet: IpPacket, cause: ErrorCause, inLink: number, at: Instant): void {
		const refusal = whyNoError(node, packet, at);
		this.#drop(node, packet.bytes, at, [formatCause(cause), refusal ?? ""].filter(Boolean).join(", "));
		if (refusal !== null) return;
		const place = { inLink, source: this.#answerSource(node, packet) };
		const { error, delayNs } = errorOf(node, packet, cause, place);
		for (let copy = 0; copy < (node.spec.copies ?? 1); copy++) this.send(node.name, error, at + delayNs);
	}

	#answerSource(node: SimNode, { source, destination }: IpPacket): string {
		return node.answerSource(destination, this.routes.get(node.name)?.get(this.nodeAt(source) ?? "")?.[0]);
	}

	#makeNoise(node: SimNode, packet: IpPacket, at: Instant): void {
		const { trace, noise } = this.scenario;
		if (noise === undefined || packet.source !== this.address(trace.from)) return;
		const source = this.#answerSource(node, packet);
		const facts = { probe: packet, source, target: this.address(trace.to), random: node.random };
		for (const spec of noise) {
			if (spec.at !== node.name) continue;
			for (const sound of noisePackets(spec, facts)) this.#output(node, sound, at);
		}
	}

	/** The packet that the node's hooks let go on; null when one of them dropped it. */
	#hooked(node: SimNode, packet: IpPacket, point: HookPoint, place: Crossroads): IpPacket | null {
		const passed = node.pass(packet, point, place);
		if (!("drop" in passed)) return passed;
		this.#drop(node, passed.packet.bytes, place.at, passed.drop);
		if (passed.answer !== undefined) this.#output(node, passed.answer, place.at);
		return null;
	}

	#drop(node: SimNode, packet: Uint8Array, at: Instant, why: string): void {
		if (this.#records) this.packets.push({ at, node: node.name, action: "drop", detail: why, packet });
	}
}
