/** Tells what an agent of the first draft of ICE tells in the words of the later ones; whoever drives one, on whatever network. */
import type {
	FirstDraftAgent,
	FirstDraftCheck,
	FirstDraftEvent,
	FirstDraftStream,
	IceBase,
	IceFailure,
	IcePairReport,
	IceState,
	SelectionReason,
} from "@whither/core";
import { isSameEndpoint, type StunAddress } from "@whither/wire";
import { ownLine, peerLine, placeOf } from "./candidate-lines.ts";
import { pairOfCheck, pairUnproved } from "./checks-shown.ts";
import type { FirstDraftConnectionEvent, FirstDraftWay } from "./first-draft-connection.ts";

type Sending = Extract<FirstDraftEvent, { readonly kind: "sending" }>;
type Of<Kind extends FirstDraftEvent["kind"]> = Extract<FirstDraftEvent, { readonly kind: Kind }>;

/** What is looked at. */
export interface FirstDraftViewParts {
	readonly agent: Pick<FirstDraftAgent, "addresses" | "checks" | "description">;
	/** A socket by its number; undefined: it is gone. */
	readonly baseAt: (base: number) => IceBase | undefined;
	readonly told: (event: FirstDraftConnectionEvent) => void;
}

/** RTP and RTCP. */
const COMPONENTS = [1, 2] as const;
/** Addresses of the other end that are told at once; checks look at no more of a stream. */
const MOST_REMOTES = 32;
/** No check has it. */
const UNPROVED_ID = -1;
/** Of an address that no socket has any more. */
const NOWHERE: StunAddress = { address: "0.0.0.0", port: 9 };

/** Of one agent. */
export class FirstDraftView {
	readonly #parts: FirstDraftViewParts;
	/** Checks of theirs, by our address and where they came from; and ICMP errors, by socket and where to. */
	readonly #heard = new Map<string, number>();
	readonly #errors = new Map<string, number>();
	/** Addresses that the other end has now, and pairs that have been told. */
	#remotes: ReadonlySet<string> = new Set();
	readonly #pairs = new Set<number>();
	/** Where the first stream's media goes. */
	#sending: Sending | null = null;
	#selectedId: number | null = null;
	#wasShown: FirstDraftWay = { send: false, receive: false };
	#isTold = false;
	/** The other end has said something of itself, and it speaks this ICE. */
	#isMet = false;
	#speaks = false;
	#state: IceState = "new";

	constructor(parts: FirstDraftViewParts) {
		this.#parts = parts;
	}

	get state(): IceState {
		return this.#state;
	}

	get isTold(): boolean {
		return this.#isTold;
	}

	/** What is sent by, and where to; null: it is not known yet whether that is of use. */
	get inUse(): { readonly pair: IcePairReport; readonly base: number; readonly to: StunAddress } | null {
		const pair = this.pairs.find(({ selected }) => selected);
		if (pair === undefined || this.#sending === null) return null;
		return { pair, base: this.#sending.base, to: this.#sending.to };
	}

	/** Where the first stream's media goes, whatever is known of that. */
	get sendingTo(): { readonly base: number; readonly to: StunAddress } | null {
		return this.#sending;
	}

	/** The best first. */
	get pairs(): readonly IcePairReport[] {
		const checked = this.#parts.agent.checks.map((check) => this.#pairOf(check));
		const unproved = this.#selectedId === UNPROVED_ID ? [this.#unproved()] : [];
		return [...unproved.flatMap((pair) => pair ?? []), ...checked].sort(
			(a, b) => Number(b.selected) - Number(a.selected) || Number(b.priority) - Number(a.priority),
		);
	}

	/** By the draft's own word for it: an address counts once all of its components do (rule 28). */
	get shown(): FirstDraftWay {
		const { agent } = this.#parts;
		const streams = [...agent.description.keys()];
		return {
			send: this.#sending?.alt != null,
			receive: streams.every((stream) => agent.addresses.some((own) => own.stream === stream && own.reached)),
		};
	}

	/** The other end's description is about to be heard. */
	meet(streams: readonly (FirstDraftStream | null)[]): void {
		this.#isMet = true;
		this.#speaks = streams.some((stream) => (stream?.alternatives.length ?? 0) > 0);
		const remotes = new Set<string>();
		for (const [index, stream] of streams.entries())
			for (const alt of stream?.alternatives.slice(0, MOST_REMOTES) ?? []) {
				const key = `${index} ${alt.id} ${keyOf(alt.at)}`;
				const isNew = !this.#remotes.has(key) && !remotes.has(key);
				remotes.add(key);
				if (isNew) this.#tell({ kind: "remoteCandidate", stream: index, line: peerLine(alt, 1) });
			}
		this.#remotes = remotes;
		if (this.#state === "new") this.become("checking");
	}

	/** What the agent has told. */
	hear(event: FirstDraftEvent): void {
		if (event.kind === "address") this.#found(event);
		else if (event.kind === "serverFailed") this.#serverFailed(event);
		else if (event.kind === "gathered") this.#gathered();
		else if (event.kind === "check") this.#tellPair(this.#pairOf(event.check));
		else if (event.kind === "reached") this.#reached(event);
		else if (event.kind === "sending") this.#sent(event);
		else if (event.kind === "silent") this.#silenced(event);
		else if (event.kind === "cycle") this.#describe();
		else if (event.kind === "settled" && this.#selectedId !== null) this.become("completed");
		else if (event.kind === "closed") this.become("closed");
	}

	/** All that the agent had to tell at once has been heard: what follows from it. */
	review(): void {
		this.#forgetGone();
		this.#choose();
		const { send, receive } = this.shown;
		// What there is no more nobody else tells of.
		if ((this.#wasShown.send && !send) || (this.#wasShown.receive && !receive)) this.#tell({ kind: "shown" });
		this.#wasShown = { send, receive };
	}

	/** Pairs whose check is gone, with what was told of the other end or with a socket. */
	#forgetGone(): void {
		const checked = new Set(this.#parts.agent.checks.map(({ id }) => id));
		for (const id of this.#pairs)
			if (!checked.has(id)) {
				this.#pairs.delete(id);
				this.#tell({ kind: "pairGone", id });
			}
		const id = this.#selectedId;
		if (id !== null && id !== UNPROVED_ID && !checked.has(id)) this.#selectedId = null;
	}

	#choose(): void {
		if (!this.#isMet || this.#selectedId !== null || this.#sending === null) return;
		const same = this.#sending.alt === null ? null : this.#checkAt(this.#sending);
		if (!this.#speaks) this.#select(UNPROVED_ID, "noIce");
		// The address that is sent to is told in other words, and works by those as well.
		else if (same?.state === "succeeded") this.#select(same.id, "alternative");
		// Never silence: where nothing works that was told, media goes where the description says.
		else if (this.#parts.agent.checks.every(({ state }) => state === "failed")) this.#select(UNPROVED_ID, "unproved");
	}

	/** What was sent there has not arrived. */
	refused(base: number, to: StunAddress): void {
		count(this.#errors, `${base} ${keyOf(to)}`);
	}

	become(state: IceState, failure: IceFailure | null = null): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#tell({ kind: "state", state, failure });
	}

	#tell(event: FirstDraftConnectionEvent): void {
		this.#parts.told(event);
	}

	#found({ address }: Of<"address">): void {
		const { stream, base, server } = address;
		const at = this.#parts.baseAt(base);
		const line = ownLine(address, at ?? NOWHERE);
		this.#tell({ kind: "candidate", stream, base, line, server, interface: at?.interface ?? null });
	}

	#serverFailed({ base, server, why }: Of<"serverFailed">): void {
		const error = /^\d{3}$/.test(why) ? { code: Number(why), reason: "" } : null;
		this.#tell({ kind: "candidateError", error: { base, server, why: error === null ? why : "refused", error } });
	}

	#gathered(): void {
		if (!this.#isTold) this.#tell({ kind: "gathered" });
		this.#describe();
	}

	#describe(): void {
		const cycle = this.#isTold;
		this.#isTold = true;
		this.#tell({ kind: "description", streams: this.#parts.agent.description, cycle });
	}

	#reached({ address, from }: Of<"reached">): void {
		const own = this.#parts.baseAt(address.base)?.address ?? "";
		count(this.#heard, `${own} ${keyOf(from)}`);
		for (const check of this.#parts.agent.checks) {
			if (!COMPONENTS.some((component) => isSameEndpoint(placeOf(check.alt, component), from))) continue;
			if (this.#parts.baseAt(check.base)?.address === own) this.#tellPair(this.#pairOf(check));
		}
		this.#tell({ kind: "shown" });
	}

	#sent(event: Sending): void {
		if (event.stream !== 0) return;
		this.#sending = event;
		if (event.alt === null) {
			// It goes elsewhere without a check.
			if (this.#selectedId === UNPROVED_ID) this.#select(UNPROVED_ID, this.#speaks ? "unproved" : "noIce");
			return;
		}
		const check = this.#checkAt(event);
		if (check !== undefined) this.#select(check.id, "alternative");
		this.#tell({ kind: "shown" });
	}

	#silenced({ stream }: Of<"silent">): void {
		if (stream !== 0) return;
		this.#sending = null;
		const before = this.#selectedId;
		this.#selectedId = null;
		if (before === UNPROVED_ID) this.#tell({ kind: "pairGone", id: UNPROVED_ID });
	}

	/** RTP's check of what is sent to. */
	#checkAt({ base, to, alt }: Sending): FirstDraftCheck | undefined {
		const there = this.#parts.agent.checks.filter(
			(one) => one.base === base && one.stream === 0 && isSameEndpoint(one.alt.at, to),
		);
		return there.find((one) => one.alt.id === alt?.id) ?? there[0];
	}

	#tellPair(pair: IcePairReport): void {
		if (pair.id !== UNPROVED_ID) this.#pairs.add(pair.id);
		this.#tell({ kind: "pair", pair });
	}

	#select(id: number, why: SelectionReason): void {
		const before = this.#selectedId;
		this.#selectedId = id;
		const [left] = this.#parts.agent.checks.filter((check) => check.id === before && check.id !== id);
		if (left !== undefined) this.#tellPair(this.#pairOf(left));
		if (before === UNPROVED_ID && id !== UNPROVED_ID) this.#tell({ kind: "pairGone", id: UNPROVED_ID });
		const pair = this.pairs.find(({ selected }) => selected);
		if (pair === undefined) return;
		this.#tellPair(pair);
		this.#tell({ kind: "selected", pair, why });
		this.become(id === UNPROVED_ID ? "completed" : "connected");
	}

	#pairOf(check: FirstDraftAgent["checks"][number]): IcePairReport {
		const at = this.#parts.baseAt(check.base) ?? NOWHERE;
		const to = placeOf(check.alt, check.component);
		return pairOfCheck(check, {
			...{ base: { address: at.address, port: at.port }, addresses: this.#parts.agent.addresses },
			// An address is told of once checks of all of its components have come, by the last of them.
			heard: Math.max(
				...COMPONENTS.map((of) => this.#heard.get(`${at.address} ${keyOf(placeOf(check.alt, of))}`) ?? 0),
			),
			icmpErrors: this.#errors.get(`${check.base} ${keyOf(to)}`) ?? 0,
			isSelected: check.id === this.#selectedId,
		});
	}

	#unproved(): IcePairReport | null {
		const sending = this.#sending;
		if (sending === null) return null;
		const { address, port } = this.#parts.baseAt(sending.base) ?? NOWHERE;
		const icmpErrors = this.#errors.get(`${sending.base} ${keyOf(sending.to)}`) ?? 0;
		return pairUnproved({ id: UNPROVED_ID, ...sending }, { base: { address, port }, icmpErrors });
	}
}

function keyOf({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}

function count(counts: Map<string, number>, key: string): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}
