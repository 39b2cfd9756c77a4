/** The first draft of ICE (draft-rosenberg-sipping-ice-01): all that there is to say is said at once, and again as more is known. */
import type { ExchangeEnd, FirstDraftStream } from "@whither/core";
import type { FirstDraftConnection, FirstDraftConnectionEvent } from "@whither/net/ice";
import { TOOL } from "../../version.ts";
import { given } from "../given.ts";
import type { AlternativesMessage, DestinationMessage, MeetMessage } from "../signalling/message.ts";
import type { LegOrder, MeetLeg, MeetPeer, ShownWay } from "./leg.ts";

/** Tells all of its addresses at once, and again where another exchange could help. */
export class FirstDraftLeg implements MeetLeg {
	readonly connection: FirstDraftConnection;
	readonly #order: LegOrder;
	/** What each end said first, which both know. */
	#firstOwn: ExchangeEnd | null = null;
	#firstPeer: ExchangeEnd | null = null;
	#heard: AlternativesMessage | DestinationMessage | null = null;

	constructor(order: LegOrder, open: NonNullable<LegOrder["world"]["openFirstDraft"]>) {
		this.#order = order;
		const { stunServers, families, loopback, allowInterface, ports, tos, gatherTimeoutMs } = order.ice;
		const asked = { stunServers, families, loopback, allowInterface, ports, tos, gatherTimeoutMs };
		this.connection = open(
			{ ...given(asked), relays: order.earlyRelays ?? [], role: order.role, streams: [{ rtcp: true }] },
			{ event: (event, at) => this.#event(event, at), data: order.data },
		);
	}

	get peer(): MeetPeer | null {
		const heard = this.#heard;
		if (heard === null) return null;
		const { tool } = heard;
		if (heard.type === "alternatives" && heard.alternatives.length > 0)
			return { tool, ice: "first-draft", otherIce: null, traces: heard.traces, wantsPath: false };
		const otherIce = heard.type === "destination" ? (heard.speaks ?? null) : null;
		return { tool, ice: "none", otherIce, traces: false, wantsPath: false };
	}

	get secrets(): MeetLeg["secrets"] {
		if (this.#firstOwn === null || this.#firstPeer === null) return null;
		return { own: this.#firstOwn, peer: this.#firstPeer };
	}

	get shown(): ShownWay {
		return this.connection.shown;
	}

	begin(): void {
		const { description } = this.connection;
		if (description !== null) this.#say(description);
	}

	/** Not what modern ICE says: signalling brings the destination as well that stands beside it. */
	describes(message: MeetMessage): message is AlternativesMessage | DestinationMessage {
		return message.type === "alternatives" || message.type === "destination";
	}

	hear(message: MeetMessage): void {
		if (!this.describes(message)) return;
		this.#heard = message;
		const { destination, rtcp } = message;
		const alternatives = message.type === "alternatives" ? message.alternatives : [];
		if (alternatives.length > 0) this.#firstPeer ??= secretOf(alternatives);
		this.connection.peer([{ destination, rtcp, alternatives }]);
	}

	/** What is known is all that there will be. */
	ended(): void {}

	#event(event: FirstDraftConnectionEvent, at: number): void {
		if (event.kind === "description") this.#say(event.streams);
		else if (event.kind === "shown") this.#order.shown();
		else this.#order.event(event, at);
	}

	#say([stream]: readonly FirstDraftStream[]): void {
		if (stream === undefined || stream.destination === null) return;
		const { destination, rtcp, alternatives } = stream;
		this.#firstOwn ??= secretOf(alternatives);
		const tool = `${TOOL.name} ${TOOL.version}`;
		this.#order.say({ type: "alternatives", tool, destination, rtcp, alternatives, traces: this.#order.traces });
	}
}

/** The draft has no password of a session, but one of each address: all of those that were told first, by their ids. */
function secretOf(alternatives: FirstDraftStream["alternatives"]): ExchangeEnd {
	const sorted = alternatives.toSorted((a, b) => (a.id < b.id ? -1 : 1));
	return {
		ufrag: sorted.map(({ username }) => username).join(" "),
		pwd: sorted.map(({ password }) => password).join(" "),
	};
}
