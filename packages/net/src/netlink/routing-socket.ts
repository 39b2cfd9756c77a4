/** Questions to the kernel's routing: the links there are, their queues, and where a packet would go. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { NETLINK_ROUTE } from "../native/constants.ts";
import type { Workspace } from "../native/workspace.ts";
import {
	decodeInterface,
	decodeInterfaceAddress,
	encodeAddressQuestion,
	type InterfaceAddress,
	type NetworkInterface,
} from "./interfaces.ts";
import type { NetlinkMessage } from "./messages.ts";
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
		return this.#all(encodeLinkQuestion, decodeLink);
	}

	/** The queues in front of links; a link without one is not among them. */
	queues(): readonly LinkQueue[] {
		return this.#all(encodeQueueQuestion, decodeLinkQueue);
	}

	/** All interfaces with what kind of thing they are; empty where the kernel does not answer. */
	interfaces(): readonly NetworkInterface[] {
		return this.#all(encodeLinkQuestion, decodeInterface);
	}

	/** The addresses of all interfaces, of both families. */
	addresses(): readonly InterfaceAddress[] {
		return this.#all(encodeAddressQuestion, decodeInterfaceAddress);
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

	#all<Item>(
		question: (sequence: number) => Uint8Array,
		decode: (message: NetlinkMessage) => Item | null,
	): readonly Item[] {
		const items: Item[] = [];
		this.#socket.ask(question, (message) => {
			const item = decode(message);
			if (item !== null) items.push(item);
		});
		return items;
	}
}
