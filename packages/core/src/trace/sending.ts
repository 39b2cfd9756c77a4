/** What leaves in a trace: probes as their schedule has them, packets beside the hops, farewells; and what could not. */
import { type Instant, MILLISECOND } from "../machine.ts";
import type { ChannelInput, ProbePacket, ProbeSend, SystemError } from "./channel.ts";
import type { Companions } from "./companions.ts";
import type { ProbeRequest, ReplyMeaning } from "./method.ts";
import type { PathMtuDiscovery } from "./path-mtu/discovery.ts";
import { packetSize, SIZE_COMPANION } from "./path-mtu/sizes.ts";
import type { Slot } from "./probe-book.ts";
import { flowOf } from "./session.ts";
import type { Settling } from "./settling.ts";
import { routeLength } from "./source-route.ts";
import type { TracerConfig } from "./tracer-io.ts";

/** Errors after which no further probe can leave. */
const HARD_ERRORS: ReadonlySet<SystemError["code"]> = new Set([
	"noRoute",
	"networkDown",
	"addressNotAvailable",
	"noSuchDevice",
	"permissionDenied",
	"prohibited",
	"tooManyFiles",
]);

/** Most paths have no more hops; what burdens the target goes farther only when it has not answered for so long. */
const USUAL_HOPS = 16;
const BURDEN_HOLD_NS = 25 * MILLISECOND;

/** The TTL of a packet that is to arrive wherever the target is: what hosts send with (RFC 1700). */
export const FAREWELL_TTL = 64;

/** Our own link cannot carry the packet: nothing beyond it will hear of us. */
const TOO_LONG: ReplyMeaning = { kind: "packetTooBig", place: "end", detail: {} };

/** What is sent from, and what is sent. */
export interface SendingParts {
	readonly settling: Settling;
	readonly companions: Companions;
	readonly mtu: PathMtuDiscovery | null;
}

/** The sending side of one trace. */
export class Sending {
	/** Packets that left. */
	sent = 0;
	/** Why no more can leave; null while they can. */
	fault: SystemError | null = null;
	readonly #settling: Settling;
	readonly #companions: Companions;
	readonly #mtu: PathMtuDiscovery | null;

	constructor({ settling, companions, mtu }: SendingParts) {
		this.#settling = settling;
		this.#companions = companions;
		this.#mtu = mtu;
	}

	/** Probes that make the target work are not sent beyond where most paths end until it has had time to answer. */
	sparesTarget(firstTtl: number): void {
		this.#settling.schedule.expectEnd(firstTtl + USUAL_HOPS - 1, BURDEN_HOLD_NS);
	}

	/** What may leave now. */
	due({ config, now }: { readonly config: TracerConfig; readonly now: Instant }): readonly ProbeSend[] {
		const { schedule, book, end } = this.#settling;
		const slots = schedule.done ? [] : schedule.take(now, book.waitingUpTo(end.lastTtl));
		const probes = [...slots, ...this.#companions.take()].map((slot) => this.#transmit(slot, config, now));
		this.sent += probes.length;
		return probes;
	}

	/** When the next packets may leave; null: none are left, or there is no room for more in flight. */
	nextAt(startedAt: Instant): Instant | null {
		if (this.#companions.unsent) return startedAt;
		const { schedule, book, end } = this.#settling;
		return schedule.done ? null : schedule.nextAt(book.waitingUpTo(end.lastTtl));
	}

	/** A packet that nobody answers. */
	farewell(packet: ProbePacket): ProbeSend {
		this.sent++;
		return this.lateFarewell(packet);
	}

	/** One that leaves after the end, when nothing is counted any more. */
	lateFarewell(packet: ProbePacket): ProbeSend {
		return { sequence: this.#settling.book.bookFarewell(), ttl: FAREWELL_TTL, packet };
	}

	/** A packet did not leave: the slot that is given up for it; null where it goes again, or belongs to no hop. */
	failed({ sequence, error, transient }: Extract<ChannelInput, { type: "sendFailed" }>, now: Instant): Slot | null {
		const { book, schedule, end } = this.#settling;
		const slot = book.transmissions[sequence]?.slot;
		if (slot === undefined || slot.state !== "waiting") return null;
		this.sent--;
		if (slot.companion === null && transient && schedule.retry(slot, now)) return null;
		if (slot.companion === null && this.#mtu?.refusedHere(slot, error) === true) return null;
		slot.error = error;
		book.mark(slot, "failed");
		if (slot.companion !== null) return null;
		if (error.code === "messageTooLong") {
			end.note(slot.ttl, TOO_LONG);
			schedule.endAt(end.lastTtl);
		}
		if (HARD_ERRORS.has(error.code)) this.#giveUp(error);
		return slot;
	}

	/** Sends no more probes of hops; those that have not left never will. */
	stop(): void {
		this.#settling.schedule.stop();
		this.#markUnsent("expired");
	}

	#giveUp(error: SystemError): void {
		this.fault ??= error;
		this.#settling.schedule.stop();
		this.#markUnsent("failed");
	}

	#markUnsent(state: "expired" | "failed"): void {
		const { book } = this.#settling;
		for (const slot of book.slots()) if (slot.state === "unsent") book.mark(slot, state);
	}

	#transmit(slot: Slot, { method, context, options }: TracerConfig, now: Instant): ProbeSend {
		const { companion, ttl } = slot;
		const route = routeLength(context.target, options.gateways);
		const asked = {
			flow: flowOf(context, slot),
			...(slot.length === null ? {} : { length: slot.length - route }),
			// To a method, packets that try sizes are a hop's probes.
			...(companion === null || companion.name === SIZE_COMPANION ? {} : { companion: companion.name }),
			...(slot.again === null ? {} : { state: slot.again.state }),
			...retransmissionOf(slot),
		};
		const transmission = this.#settling.book.transmit(slot, asked, now);
		const { sequence, request } = transmission;
		const packet = method.probe(context, request);
		transmission.packet = packet;
		transmission.size = packetSize(context.family, packet, route);
		return { sequence, ttl, packet, ...(companion?.tos === undefined ? {} : { tos: companion.tos }) };
	}
}

function retransmissionOf({ unanswered }: Slot): Pick<ProbeRequest, "retransmission"> {
	const [first] = unanswered;
	if (first === undefined) return {};
	return { retransmission: { first: first.sequence, count: unanswered.length + 1 } };
}
