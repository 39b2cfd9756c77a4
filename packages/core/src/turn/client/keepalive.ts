import { encodeStun } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { TurnClientConfig, TurnClientOutput } from "./client-io.ts";
import type { IndicationIds } from "./indication-ids.ts";
import type { Outlet } from "./outlet.ts";

/** As often as ICE keeps its own mappings (RFC 8445 §11). */
const DEFAULT_SECONDS = 15;

/**
 * Keeps the mapping of a NAT before us: where it forgot us, what we send next would be from another address, which has no
 * allocation. A Binding indication leaves after so long a silence of ours.
 */
export class Keepalive {
	readonly #outlet: Outlet;
	readonly #ids: IndicationIds;
	readonly #interval: number;
	#dueAt: Instant = Number.POSITIVE_INFINITY;

	constructor(
		{ keepaliveSeconds = DEFAULT_SECONDS }: TurnClientConfig,
		framing: "datagram" | "stream",
		outlet: Outlet,
		ids: IndicationIds,
	) {
		this.#outlet = outlet;
		this.#ids = ids;
		const isNeeded = framing === "datagram" && keepaliveSeconds > 0;
		this.#interval = isNeeded ? keepaliveSeconds * SECOND : Number.POSITIVE_INFINITY;
	}

	/** When we have been silent for too long. */
	get dueAt(): Instant {
		return this.#dueAt;
	}

	overdue(now: Instant): void {
		if (now < this.#dueAt) return;
		const transactionId = this.#ids.next();
		this.#outlet.send(encodeStun({ class: "indication", method: "binding", transactionId, attributes: [] }));
	}

	/** What leaves now. */
	left(outputs: readonly TurnClientOutput[], now: Instant): void {
		if (outputs.some((output) => output.type === "send" && output.local === this.#outlet.local))
			this.#dueAt = now + this.#interval;
	}
}
