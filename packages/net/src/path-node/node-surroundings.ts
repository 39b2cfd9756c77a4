/** What a path node knows around it: links and how busy they are, its addresses, and where packets would go. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import {
	type Instant,
	type JudgeFacts,
	LinkMeter,
	type LinkState,
	type Passage,
	routerStatus,
	SECOND,
} from "@whither/core";
import type { Workspace } from "../native/workspace.ts";
import type { Link } from "../netlink/routing.ts";
import type { RoutingSocket } from "../netlink/routing-socket.ts";
import { linkSpeedKbps } from "./link-speed.ts";
import { nearestAddress } from "./nearest-address.ts";

/** What links can carry by whoever runs the node; null: as fast as the link. In the direction that packets come in, and back. */
export interface ConfiguredCapacity {
	readonly upKbps: number | null;
	readonly downKbps: number | null;
}

/** Speeds change when a cable does: rarely. */
const SPEED_LASTS_NS = 5 * SECOND;
/** Ways of packets that are remembered. */
const MOST_WAYS = 1024;
const IPV6_FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding";

/** How a packet came in: by which link (its index), and with which firewall mark. */
export interface Arrival {
	readonly link: number;
	readonly mark: number;
}

interface WatchedLink {
	link: Link;
	readonly meter: LinkMeter;
	speedKbps: number | null;
	speedAt: Instant;
}

/** Looks around when told to (`look`); what it is asked in between it finds out once, and remembers until the next look. */
export class NodeSurroundings {
	readonly #workspace: Workspace;
	readonly #routing: RoutingSocket;
	readonly #capacity: ConfiguredCapacity;
	#links = new Map<number, WatchedLink>();
	#ways = new Map<string, JudgeFacts>();
	#addresses: ReturnType<typeof networkInterfaces> | null = null;
	#forwardsIpv6: boolean | null = null;

	constructor(workspace: Workspace, routing: RoutingSocket, capacity: ConfiguredCapacity) {
		this.#workspace = workspace;
		this.#routing = routing;
		this.#capacity = capacity;
	}

	/** Reads all counters; a few times a second. */
	look(now: Instant): void {
		const queues = new Map(this.#routing.queues().map((queue) => [queue.index, queue]));
		const links = new Map<number, WatchedLink>();
		for (const link of this.#routing.links()) {
			const known = this.#links.get(link.index);
			const watched = known ?? { link, meter: new LinkMeter(), speedKbps: null, speedAt: Number.NEGATIVE_INFINITY };
			watched.link = link;
			if (now - watched.speedAt >= SPEED_LASTS_NS) {
				watched.speedKbps = linkSpeedKbps(this.#workspace, link.name);
				watched.speedAt = now;
			}
			const { backlogBytes = 0, dropped = 0 } = queues.get(link.index) ?? {};
			const { counters } = link;
			watched.meter.take({ ...counters, sentDropped: counters.sentDropped + dropped, backlogBytes }, now);
			links.set(link.index, watched);
		}
		this.#links = links;
		this.#ways = new Map();
		this.#addresses = null;
		this.#forwardsIpv6 = null;
	}

	/** Whether there is a link of this name. */
	hasLink(name: string): boolean {
		return [...this.#links.values()].some(({ link }) => link.name === name);
	}

	/** All that is to be known about a packet that came in so; null: there is no such link (any more). */
	factsOf(passage: Passage, arrival: Arrival): JudgeFacts | null {
		const { source, destination, tos } = passage;
		const way = `${arrival.link} ${arrival.mark} ${tos} ${source} ${destination}`;
		const known = this.#ways.get(way);
		if (known !== undefined) return known;
		const facts = this.#findOut(passage, arrival);
		if (this.#ways.size >= MOST_WAYS) this.#ways = new Map();
		if (facts !== null) this.#ways.set(way, facts);
		return facts;
	}

	close(): void {
		this.#routing.close();
	}

	#findOut(passage: Passage, { link, mark }: Arrival): JudgeFacts | null {
		const incoming = this.#links.get(link);
		if (incoming === undefined) return null;
		const { family, source, destination, tos } = passage;
		const route = this.#routing.route({ family, source, destination, input: link, tos, mark });
		const outgoing = route.output === null ? undefined : this.#links.get(route.output);
		const { upKbps, downKbps } = this.#capacity;
		const outgoingState = outgoing === undefined ? null : stateOf(outgoing);
		this.#addresses ??= networkInterfaces();
		return {
			isForwarded: route.kind === "forward" && (family === 4 || this.#isForwardingIpv6()),
			input: { ...interfaceOf(incoming), address: nearestAddress(this.#addresses, incoming.link.name, passage) },
			output: outgoing === undefined ? null : { ...interfaceOf(outgoing), address: null },
			status: routerStatus(stateOf(incoming, { receiveKbps: upKbps, sendKbps: downKbps }), outgoingState),
		};
	}

	/** Asked for an IPv4 route the kernel heeds whether it forwards, for an IPv6 route it does not. */
	#isForwardingIpv6(): boolean {
		this.#forwardsIpv6 ??= readsTrue(IPV6_FORWARDING);
		return this.#forwardsIpv6;
	}
}

function interfaceOf({ link: { index, name, mtu } }: WatchedLink): Pick<Link, "index" | "name" | "mtu"> {
	return { index, name, mtu };
}

function stateOf(
	{ meter, speedKbps }: WatchedLink,
	configured: { readonly receiveKbps: number | null; readonly sendKbps: number | null } | null = null,
): LinkState {
	return meter.state({
		receiveKbps: configured?.receiveKbps ?? speedKbps,
		sendKbps: configured?.sendKbps ?? speedKbps,
	});
}

function readsTrue(path: string): boolean {
	try {
		return readFileSync(path, "utf8").trim() !== "0";
	} catch {
		return false;
	}
}
