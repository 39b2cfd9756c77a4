import { attributeOf, type StunAddress, type StunMessage } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Outlet } from "./outlet.ts";
import { type RequestEnd, type Requests, refusalOf } from "./requests.ts";

/**
 * Connections between relay and peers (RFC 6062), each named by its CONNECTION-ID and carried by a connection of its own
 * between us and the server, on which this machine only says what it is for.
 */
export class Connections {
	readonly #requests: Requests;
	readonly #outlet: Outlet;
	#asked = 0;

	constructor(requests: Requests, outlet: Outlet) {
		this.#requests = requests;
		this.#outlet = outlet;
	}

	connect(peer: StunAddress, now: Instant): void {
		const attributes = [{ name: "xorPeerAddress", value: peer }] as const;
		const question = { key: `connect ${this.#asked++}`, method: "connect", attributes } as const;
		this.#requests.ask(question, now, (end) => this.#connected(peer, end));
	}

	#connected(peer: StunAddress, end: RequestEnd): void {
		if (end.kind === "refused") this.#outlet.tell({ kind: "connectFailed", peer, ...refusalOf(end) });
		else {
			const connectionId = attributeOf(end.message, "connectionId");
			if (connectionId === undefined) this.#outlet.tell({ kind: "connectFailed", peer, why: "badAnswer", error: null });
			else this.#outlet.tell({ kind: "connected", peer, connectionId });
		}
	}

	bind(connectionId: number, local: number, now: Instant): void {
		const attributes = [{ name: "connectionId", value: connectionId }] as const;
		const question = { key: `connection ${local}`, method: "connectionBind", attributes, local } as const;
		this.#requests.ask(question, now, (end) => {
			if (end.kind === "success") this.#outlet.tell({ kind: "connectionBound", connectionId, local });
			else this.#outlet.tell({ kind: "connectionLost", connectionId, local, ...refusalOf(end) });
		});
	}

	/** A ConnectionAttempt indication. */
	attempted(message: StunMessage, isPermitted: (address: string) => boolean): void {
		const peer = attributeOf(message, "xorPeerAddress");
		const connectionId = attributeOf(message, "connectionId");
		if (peer === undefined || connectionId === undefined) this.#outlet.ignore("badIndication");
		else if (!isPermitted(peer.address)) this.#outlet.ignore("notPermitted");
		else this.#outlet.tell({ kind: "connectionAttempt", peer, connectionId });
	}
}
