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
import type { Link, RouteDecision } from "../netlink/routing.ts";
import type { RoutingSocket } from "../netlink/routing-socket.ts";
import { linkSpeedKbps } from "./link-speed.ts";
import { nearestAddress } from "./nearest-address.ts";

/** What links can carry by whoever runs the node; null: as fast as the link. In the direction that packets come in, and back. */
export interface ConfiguredCapacity {
	readonly upKbps: number | null;
	readonly downKbps: number | null;
}

/** Speeds change when a cable does, and routes when somebody changes them: rarely. */
const SPEED_LASTS_NS = 5 * SECOND;
const ROUTE_LASTS_NS = SECOND;
const ADDRESSES_LAST_NS = SECOND;
/** Ways of packets that are remembered. */
const MOST_ROUTES = 1024;
const IPV6_FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding";

interface WatchedLink {
	link: Link;
	readonly meter: LinkMeter;
	speedKbps: number | null;
	speedAt: Instant;
}

interface Remembered<Value> {
	readonly value: Value;
	readonly at: Instant;
}

/** Looks around when told to (`look`), and otherwise only when it is asked something that it does not remember. */
export class NodeSurroundings {
	readonly #workspace: Workspace;
	readonly #routing: RoutingSocket;
	readonly #capacity: ConfiguredCapacity;
	#links = new Map<number, WatchedLink>();
	#routes = new Map<string, Remembered<RouteDecision>>();
	#addresses: Remembered<ReturnType<typeof networkInterfaces>> | null = null;
	#forwardsIpv6: Remembered<boolean> | null = null;

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
	}

	/** Whether there is a link of this name. */
	hasLink(name: string): boolean {
		return [...this.#links.values()].some(({ link }) => link.name === name);
	}

	/** All that is to be known about a packet that came in by the link `input`; null: there is no such link (any more). */
	factsOf(passage: Passage, input: number, now: Instant): JudgeFacts | null {
		const incoming = this.#links.get(input);
		if (incoming === undefined) return null;
		const route = this.#routeOf(passage, input, now);
		const outgoing = route.output === null ? undefined : this.#links.get(route.output);
		const { upKbps, downKbps } = this.#capacity;
		const outgoingState = outgoing === undefined ? null : stateOf(outgoing);
		return {
			isForwarded: route.kind === "forward" && (passage.family === 4 || this.#isForwardingIpv6(now)),
			input: {
				...interfaceOf(incoming),
				address: nearestAddress(this.#interfaces(now), incoming.link.name, passage),
			},
			output: outgoing === undefined ? null : { ...interfaceOf(outgoing), address: null },
			status: routerStatus(stateOf(incoming, { receiveKbps: upKbps, sendKbps: downKbps }), outgoingState),
		};
	}

	close(): void {
		this.#routing.close();
	}

	#routeOf({ family, source, destination, tos }: Passage, input: number, now: Instant): RouteDecision {
		const key = `${input} ${tos} ${source} ${destination}`;
		const known = this.#routes.get(key);
		if (known !== undefined && now - known.at < ROUTE_LASTS_NS) return known.value;
		const value = this.#routing.route({ family, source, destination, input, tos });
		this.#routes.delete(key);
		if (this.#routes.size >= MOST_ROUTES) this.#routes = new Map();
		this.#routes.set(key, { value, at: now });
		return value;
	}

	#interfaces(now: Instant): ReturnType<typeof networkInterfaces> {
		if (this.#addresses === null || now - this.#addresses.at >= ADDRESSES_LAST_NS) {
			this.#addresses = { value: networkInterfaces(), at: now };
		}
		return this.#addresses.value;
	}

	/** Asked for an IPv4 route the kernel heeds whether it forwards, for an IPv6 route it does not. */
	#isForwardingIpv6(now: Instant): boolean {
		if (this.#forwardsIpv6 === null || now - this.#forwardsIpv6.at >= ROUTE_LASTS_NS) {
			this.#forwardsIpv6 = { value: readsTrue(IPV6_FORWARDING), at: now };
		}
		return this.#forwardsIpv6.value;
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
