/** What has become of a connection so far, written down as its agent tells it, in the words of the result. */
import {
	type IceCandidateError,
	type IceFailure,
	type IcePairReport,
	type IceState,
	type Instant,
	MILLISECOND,
	type SelectionReason,
} from "@whither/core";
import { type IceConnectionEvent, Q_EXTENSION } from "@whither/net/ice";
import { candidateExtension, type IceCandidateLine } from "@whither/wire";
import type { MeetEvent } from "./events.ts";
import type {
	MeetCandidate,
	MeetCandidateError,
	MeetLocalCandidate,
	MeetPair,
	MeetPlace,
	MeetResult,
	MeetSelected,
} from "./result.ts";

type Base = Extract<IceConnectionEvent, { readonly kind: "base" }>["at"];
type Leg = NonNullable<Base["relay"]>["leg"];

/** Of one connection. */
export class MeetLedger {
	readonly #beganAt: Instant;
	readonly #tell: (event: MeetEvent) => void;
	readonly #bases = new Map<number, Base>();
	readonly #local: MeetLocalCandidate[] = [];
	/** By place: what checks have found gives way to what the other end tells of it. */
	readonly #remote = new Map<string, MeetCandidate>();
	readonly errors: MeetCandidateError[] = [];
	/** The peer's description came. */
	#describedAt: Instant | null = null;
	#gatheredAt: Instant | null = null;
	#connectedAt: Instant | null = null;
	#nominatedAt: Instant | null = null;
	#chosen: { readonly pair: IcePairReport; readonly reason: SelectionReason } | null = null;
	state: IceState = "new";
	failure: IceFailure | null = null;

	constructor(beganAt: Instant, tell: (event: MeetEvent) => void) {
		this.#beganAt = beganAt;
		this.#tell = tell;
	}

	get candidates(): MeetResult["candidates"] {
		return { local: [...this.#local], remote: [...this.#remote.values()] };
	}

	get timings(): MeetResult["timings"] {
		const since = (from: Instant | null, at: Instant | null) =>
			from === null || at === null ? null : Math.round(((at - from) / MILLISECOND) * 1000) / 1000;
		return {
			gatheredMs: since(this.#beganAt, this.#gatheredAt),
			connectedMs: since(this.#describedAt, this.#connectedAt),
			nominatedMs: since(this.#describedAt, this.#nominatedAt),
		};
	}

	get selected(): MeetSelected | null {
		if (this.#chosen === null) return null;
		const { pair, reason } = this.#chosen;
		const relay = this.#bases.get(pair.base)?.relay;
		return {
			...{ local: this.#localOf(pair), remote: remoteOf(pair.remote), rttNs: pair.rttNs, reason },
			relay: relay === undefined ? null : { server: placeOf(relay.server), leg: relay.leg },
		};
	}

	/** The number of the selected pair; null: none is. */
	get selectedId(): number | null {
		return this.#chosen?.pair.id ?? null;
	}

	/** Relays that were reached by a connection. */
	get tcpRelays(): readonly MeetPlace[] {
		const relays = [...this.#bases.values()].flatMap(({ relay }) => (relay === undefined ? [] : [relay]));
		return relays.filter(({ leg }) => leg === "tcp" || leg === "tls").map(({ server }) => placeOf(server));
	}

	/** The other end has said who it is. */
	described(at: Instant): void {
		this.#describedAt ??= at;
	}

	heard(event: IceConnectionEvent, at: Instant): void {
		switch (event.kind) {
			case "base":
				this.#bases.set(event.base, event.at);
				break;
			case "candidate":
				this.#found(event);
				break;
			case "remoteCandidate":
				this.#told(event.line);
				break;
			case "candidateError":
				this.#failed(event.error);
				break;
			case "gathered":
				this.#gatheredAt ??= at;
				this.#tell({ kind: "gathered" });
				break;
			case "pair":
				if (this.#chosen?.pair.id === event.pair.id) this.#chosen = { ...this.#chosen, pair: event.pair };
				this.#tell({ kind: "pair", id: event.pair.id, pair: this.pairOf(event.pair) });
				break;
			case "pairGone":
				this.#tell({ kind: "pairGone", id: event.id });
				break;
			case "selected":
				this.#connectedAt ??= at;
				this.#nominatedAt ??= at;
				this.#chosen = { pair: event.pair, reason: event.why };
				this.#tell({ kind: "selected", id: event.pair.id, pair: this.pairOf(event.pair), reason: event.why });
				break;
			case "state":
				if (event.state === "connected" || event.state === "completed") this.#connectedAt ??= at;
				this.state = event.state;
				this.failure = event.failure;
				this.#tell({ kind: "state", state: event.state });
				break;
		}
	}

	/** One pair in the words of the result. */
	pairOf(pair: IcePairReport): MeetPair {
		const { state, readable, writable, nominated, selected, priority, rttNs, failure } = pair;
		const { requestsSent, retransmissions, responsesReceived, requestsReceived, responsesSent, icmpErrors } = pair;
		return {
			...{ local: this.#localOf(pair), remote: remoteOf(pair.remote) },
			type: `${pair.local.type}/${pair.remote.type}`,
			...{ state, readable, writable, nominated, selected, priority },
			rttNs: rttNs === null ? null : Math.round(rttNs),
			...{ requestsSent, retransmissions, responsesReceived, requestsReceived, responsesSent, icmpErrors, failure },
		};
	}

	#found({ base, line, server, interface: device }: Extract<IceConnectionEvent, { readonly kind: "candidate" }>): void {
		const leg: Leg | null = this.#bases.get(base)?.relay?.leg ?? null;
		const found = { ...this.#localLine(line, base), server: server === null ? null : placeOf(server), leg };
		const candidate = { ...found, interface: device };
		this.#local.push(candidate);
		this.#tell({ kind: "candidate", candidate });
	}

	#told(line: IceCandidateLine): void {
		const candidate = remoteOf(line);
		this.#remote.set(`${line.transport} ${line.address} ${line.port}`, candidate);
		this.#tell({ kind: "remoteCandidate", candidate });
	}

	#failed({ base, server, why, error }: IceCandidateError): void {
		const at = base === null ? undefined : this.#bases.get(base);
		const failed = {
			base: at === undefined ? null : placeOf(at),
			server: server === null ? null : placeOf(server),
			...{ why, stunError: error?.code ?? null },
		};
		this.errors.push(failed);
		this.#tell({ kind: "candidateError", error: failed });
	}

	#localOf({ local, base }: IcePairReport): MeetCandidate {
		return this.#localLine(local, base);
	}

	#localLine(line: IceCandidateLine, base: number): MeetCandidate {
		const at = this.#bases.get(base);
		return { ...remoteOf(line), base: at === undefined ? line.related : placeOf(at) };
	}
}

function remoteOf(line: IceCandidateLine): MeetCandidate {
	const { type, address, port, transport, related } = line;
	const q = candidateExtension(line, Q_EXTENSION);
	return {
		...{ type, address, port, protocol: transport, base: related === null ? null : placeOf(related) },
		...(q === null ? {} : { q: Number(q) }),
	};
}

/** Without what else it knows. */
function placeOf({ address, port }: MeetPlace): MeetPlace {
	return { address, port };
}
