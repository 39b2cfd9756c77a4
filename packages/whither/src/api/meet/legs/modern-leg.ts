/** ICE as RFC 8445 has it, trickled; with an end that speaks none, packets go where that end said. */
import type { IceConnectionEvent } from "@whither/net/ice";
import { formatIceCandidate, type IceCandidateLine, isDecodeError, parseIceCandidate } from "@whither/wire";
import { TOOL } from "../../version.ts";
import {
	type AlternativesMessage,
	type CandidatesMessage,
	type DescriptionMessage,
	type DestinationMessage,
	type MeetMessage,
	TRACES,
	WANTS_PATH,
} from "../signalling/message.ts";
import type { MeetIce } from "../world.ts";
import type { DescribingMessage, LegOrder, MeetLeg, MeetPeer, ShownWay } from "./leg.ts";
import { shownBy } from "./shown-way.ts";

/** Options that are none of ICE's. */
const OURS: readonly string[] = [TRACES, WANTS_PATH];

/** Tells its credentials, and then candidates as they are found. */
export class ModernLeg implements MeetLeg {
	readonly #order: LegOrder;
	readonly #ice: MeetIce;
	#lines: string[] = [];
	#description: DescriptionMessage | null = null;
	/** Where an end without this ICE takes packets. */
	#unchecked: AlternativesMessage | DestinationMessage | null = null;

	constructor(order: LegOrder) {
		this.#order = order;
		this.#ice = order.world.openIce(
			{ ...order.ice, role: order.role },
			{
				event: (event, at) => {
					order.event(event, at);
					this.#tell(event);
				},
				data: order.data,
			},
		);
	}

	get connection(): MeetIce {
		return this.#ice;
	}

	get peer(): MeetPeer | null {
		const unchecked = this.#unchecked;
		if (unchecked !== null) {
			const otherIce = unchecked.type === "alternatives" ? "first-draft" : (unchecked.speaks ?? null);
			return { tool: unchecked.tool, ice: "none", otherIce, traces: false, wantsPath: false };
		}
		if (this.#description === null) return null;
		const { tool, options } = this.#description;
		const [traces, wantsPath] = [options.includes(TRACES), options.includes(WANTS_PATH)];
		return { tool, ice: "modern", otherIce: null, traces, wantsPath };
	}

	get secrets(): MeetLeg["secrets"] {
		const peer = this.#unchecked === null ? this.#description : null;
		return peer === null ? null : { own: this.#ice.own, peer };
	}

	get shown(): ShownWay {
		if (this.#unchecked !== null) return { send: false, receive: false };
		const { send, receive } = shownBy(this.#ice.pairs, this.#order.ice.streams ?? [1]);
		// RFC 5898 §4.1: an answer to a check of ours has come by the way of packets of theirs.
		return { send, receive: receive || send };
	}

	begin(): void {
		const { ufrag, pwd, options, pacingMs, lite } = this.#ice.own;
		const more = this.#order.traces ? [TRACES] : [];
		const tool = `${TOOL.name} ${TOOL.version}`;
		this.#order.say({ type: "description", tool, ufrag, pwd, options: [...options, ...more], pacingMs, lite });
	}

	describes(message: MeetMessage): message is DescribingMessage {
		return message.type === "description" || message.type === "alternatives" || message.type === "destination";
	}

	hear(message: MeetMessage): void {
		if (message.type === "description") this.#described(message);
		else if (message.type === "candidates") this.#remoteLines(message);
		else if (message.type === "endOfCandidates" && message.ufrag === this.#description?.ufrag) this.#ice.endOfRemote();
		else if (message.type === "alternatives" || message.type === "destination") this.#withoutIce(message);
	}

	ended(): void {
		this.#ice.endOfRemote();
	}

	#described(message: DescriptionMessage): void {
		this.#description = message;
		this.#unchecked = null;
		const { ufrag, pwd, options, pacingMs, lite } = message;
		this.#ice.peer({ ufrag, pwd, options: options.filter((option) => !OURS.includes(option)), pacingMs, lite });
	}

	#withoutIce(message: AlternativesMessage | DestinationMessage): void {
		this.#unchecked = message;
		const named = message.type === "destination" && message.named !== undefined ? { named: message.named } : {};
		this.#ice.withoutIce({ to: message.destination, ...named });
	}

	#remoteLines({ ufrag, lines }: CandidatesMessage): void {
		if (ufrag !== this.#description?.ufrag) return;
		const read = lines.map((line) => parseIceCandidate(line));
		const candidates = read.filter((line): line is IceCandidateLine => !isDecodeError(line));
		this.#ice.addRemote(candidates.map((line) => ({ line })));
	}

	#tell(event: IceConnectionEvent): void {
		if (event.kind === "candidate") this.#trickle(event.line);
		else if (event.kind === "credentials") this.begin();
		else if (event.kind === "gathered") {
			this.#flush();
			this.#order.say({ type: "endOfCandidates", ufrag: this.#ice.own.ufrag });
		}
	}

	/** Candidates that are found together are told together. */
	#trickle(line: IceCandidateLine): void {
		this.#lines.push(formatIceCandidate(line));
		if (this.#lines.length === 1) queueMicrotask(() => this.#flush());
	}

	#flush(): void {
		const lines = this.#lines;
		this.#lines = [];
		if (lines.length > 0) this.#order.say({ type: "candidates", ufrag: this.#ice.own.ufrag, lines });
	}
}
