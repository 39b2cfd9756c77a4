/** Questions to the kernel's routing: the links there are, their queues, and where a packet would go. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { NETLINK_ROUTE } from "../native/constants.ts";
import type { Workspace } from "../native/workspace.ts";
import { NetlinkSocket } from "./netlink-socket.ts";
import {
	decodeLink,
	decodeLinkQueue,
	decodeRoute,
	encodeLinkQuestion,
	encodeQueueQuestion,
	encodeRouteQuestion,
	type Link,
	type LinkQueue,
	type RouteDecision,
	type RouteQuestion,
} from "./routing.ts";

/** Owns a routing netlink socket; needs no privilege. */
export class RoutingSocket {
	readonly #socket: NetlinkSocket;

	private constructor(socket: NetlinkSocket) {
		this.#socket = socket;
	}

	static open(workspace: Workspace): RoutingSocket | SystemError {
		const socket = NetlinkSocket.open(workspace, NETLINK_ROUTE);
		return isSystemError(socket) ? socket : new RoutingSocket(socket);
	}

	/** All links with their counters; empty where the kernel does not answer. */
	links(): readonly Link[] {
		const links: Link[] = [];
		this.#socket.ask(encodeLinkQuestion, (message) => {
			const link = decodeLink(message);
			if (link !== null) links.push(link);
		});
		return links;
	}

	/** The queues in front of links; a link without one is not among them. */
	queues(): readonly LinkQueue[] {
		const queues: LinkQueue[] = [];
		this.#socket.ask(encodeQueueQuestion, (message) => {
			const queue = decodeLinkQueue(message);
			if (queue !== null) queues.push(queue);
		});
		return queues;
	}

	/** What the kernel would do with such a packet; `refused` where it has no route or does not believe the source. */
	route(asked: RouteQuestion): RouteDecision {
		let decision: RouteDecision = { kind: "refused", output: null };
		this.#socket.ask(
			(sequence) => encodeRouteQuestion(sequence, asked),
			(message) => {
				decision = decodeRoute(message) ?? decision;
			},
		);
		return decision;
	}

	close(): void {
		this.#socket.close();
	}
}
