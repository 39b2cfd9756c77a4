/** Two ends that come together: signalling on one side, ICE on the other, until there is a pair or a reason why not. */
import type { Instant } from "@whither/core";
import type { IceConnectionEvent, IceDatagram } from "@whither/net/ice";
import { CarriedCall } from "./carried-call.ts";
import { type MeetEars, NO_EARS } from "./ears.ts";
import { MeetLedger } from "./ledger.ts";
import type { MeetConnection, MeetLeg, MeetPeer } from "./legs/leg.ts";
import { openLeg } from "./legs/open-leg.ts";
import { MediaRun } from "./media/media-run.ts";
import type { MeetingOrder } from "./meeting-order.ts";
import { Once } from "./once.ts";
import type { MeetMedia, MeetOutcome, MeetWarning } from "./result.ts";
import type { MeetCall } from "./signalling/call.ts";
import type { MeetMessage } from "./signalling/message.ts";
import { ReachedNews } from "./signalling/reached.ts";
import type { Signalling, SignallingFailure } from "./signalling/signalling.ts";

/**
 * How long a STUN server is waited for. Sockets that no pair needs are closed three seconds after there is a pair: by then it
 * is known whether UDP goes unanswered.
 */
export const GATHER_MS = 3_000;
/** An end that has gone without a word may be back by then. */
const PEER_LOST_MS = 10_000;
/** Characters; the other end takes no more. */
const LONGEST_BYE = 200;
/** Closing takes no longer than a relay that does not answer (four seconds), and something for signalling. */
const CLOSE_MS = 5_000;

/** A meeting, from the first message to `close`. */
export class Meeting {
	readonly ledger: MeetLedger;
	readonly #order: MeetingOrder;
	readonly #signalling: Signalling;
	readonly #leg: MeetLeg;
	readonly #media: MediaRun | null;
	readonly #settled = new Once<MeetOutcome>();
	readonly #gathered = new Once<void>();
	readonly #answered = new Once<void>();
	#isSettled = false;
	readonly #call = new CarriedCall();
	readonly #reached: ReachedNews;
	readonly #warned = new Set<MeetWarning["code"]>();
	#forget: () => void = () => {};
	#ears = NO_EARS;
	/** There is a pair that nothing has proved, of a call that does not stand. */
	#isHeld = false;

	constructor(order: MeetingOrder) {
		this.#order = order;
		this.#signalling = order.begin({
			met: () => this.#met(),
			message: (message) => this.#heard(message),
			call: (call) => this.#called(call),
			stands: () => this.#stood(),
			closed: (failure) => this.#closed(failure),
		});
		this.#reached = new ReachedNews(this.#signalling);
		this.#leg = openLeg(order.speaks ?? "modern", {
			...{ world: order.world, role: this.#signalling.role, traces: order.traces },
			ice: { gatherTimeoutMs: GATHER_MS, ...order.ice },
			...(order.earlyRelays === undefined ? {} : { earlyRelays: order.earlyRelays }),
			say: (message) => this.#signalling.send(message),
			event: (event, at) => this.#event(event, at),
			shown: () => this.#tellReached(),
			data: (datagram) => this.#received(datagram),
		});
		this.ledger = new MeetLedger(this.ice.now(), order.tell);
		this.#media = order.media === true ? this.#openMedia() : null;
		this.#leg.begin();
		this.#wait(order.waitMs, "nobodyCame");
	}

	/** What came of it; never rejects. */
	get settled(): Promise<MeetOutcome> {
		return this.#settled.promise;
	}

	/** Resolves when gathering has ended, after `GATHER_MS` at most. */
	get gathered(): Promise<void> {
		return this.#gathered.promise;
	}

	/** Resolves with the final answer to the call that carries it, or when none can come any more. */
	get answered(): Promise<void> {
		return this.#answered.promise;
	}

	get ice(): MeetConnection {
		return this.#leg.connection;
	}

	/** What the other end said of itself; null: nothing yet. */
	get peer(): MeetPeer | null {
		return this.#leg.peer;
	}

	/** The call that carries it, as it stands; null: there is none. */
	get call(): MeetCall | null {
		return this.#call.told;
	}

	/** What came of a call that nobody has taken by now; null: it was taken, or there is none. */
	get untaken(): MeetOutcome | null {
		const held = { code: "nobodyCame", failure: null, signalling: null, about: null } as const;
		return this.#call.untaken ?? (this.#isHeld ? held : null);
	}

	/** What media did so far; null: none was to be sent. */
	get media(): MeetMedia | null {
		return this.#media?.report ?? null;
	}

	/** What both ends know and nobody else, to seal an exchange with; null: nothing. */
	get secrets(): MeetLeg["secrets"] {
		return this.#leg.secrets;
	}

	/** Tells it our trace so. */
	sendPath(packed: string): void {
		this.#signalling.send({ type: "path", packed });
	}

	/** The other end is going, or has gone. */
	get hasLeft(): boolean {
		return this.#call.bye !== null;
	}

	/** Ends the wait, if it is not over. */
	stop(): void {
		this.#end({ code: "interrupted" });
	}

	/** From now on these hear what comes, and no others. */
	attend(ears: MeetEars): void {
		this.#ears = ears;
		if (this.hasLeft) ears.left();
	}

	/** Says goodbye, and resolves once all is closed, within five seconds. */
	async close(why: string): Promise<void> {
		this.#forget();
		this.#media?.end();
		this.#signalling.send({
			type: "bye",
			why: why.length <= LONGEST_BYE ? why : `${why.slice(0, LONGEST_BYE - 3)}...`,
		});
		let forget = (): void => {};
		const late = new Promise<void>((resolve) => {
			forget = this.#order.world.after(CLOSE_MS, resolve);
		});
		const closing = Promise.allSettled([this.#signalling.close(), this.ice.close()]);
		await Promise.race([closing, late]);
		forget();
	}

	#wait(ms: number, code: MeetOutcome["code"]): void {
		this.#forget();
		this.#forget = this.#order.world.after(ms, () => this.#end({ code }));
	}

	#end(outcome: Partial<MeetOutcome> & Pick<MeetOutcome, "code">): void {
		if (this.#isSettled) return;
		this.#isSettled = true;
		this.#forget();
		this.#settled.happen({ failure: null, signalling: null, about: null, ...outcome });
	}

	#met(): void {
		this.#order.tell({ kind: "met" });
		if (!this.#isSettled) this.#wait(this.#order.waitMs, "noDescription");
	}

	#heard(message: MeetMessage): void {
		if (message.type === "bye") {
			this.#left(message.why);
			return;
		}
		if (!this.#leg.describes(message)) {
			this.#leg.hear(message);
			return;
		}
		if (this.peer === null && message.tool !== "") this.#order.tell({ kind: "peer", tool: message.tool });
		// Agents of today give up by themselves; of others' addresses there may be none that we could even try.
		if (!this.#isSettled && !this.#isHeld) {
			if (message.type === "description") this.#forget();
			else this.#wait(this.#order.waitMs, "noWay");
		}
		this.ledger.described(this.ice.now());
		this.#leg.hear(message);
		const { peer } = this;
		if (peer === null) return;
		if (peer.otherIce !== null) this.#warn({ code: "otherIce", theirs: peer.otherIce });
		else if (peer.ice === "none") this.#warn({ code: "noIce" });
		this.#tellReached();
	}

	#called(call: MeetCall): void {
		this.#call.told = call;
		this.#order.tell({ kind: "call", call });
		if (call.status === null) return;
		this.#answered.happen();
		this.#beginMedia();
	}

	#stood(): void {
		this.#call.stands = true;
		if (this.#isHeld) this.#connected();
	}

	#openMedia(): MediaRun {
		return new MediaRun({
			...{ world: this.#order.world, connection: this.ice, heard: () => this.#tellReached() },
			tell: (media) => this.#order.tell({ kind: "media", media }),
		});
	}

	/** Once there is a way, and nobody has to pick up first. */
	#beginMedia(): void {
		if (this.ledger.selected !== null && !this.#isHeld && this.#call.isTaken) this.#media?.begin();
	}

	#warn(warning: MeetWarning): void {
		if (this.#warned.has(warning.code)) return;
		this.#warned.add(warning.code);
		this.#order.tell({ kind: "warning", warning });
	}

	#tellReached(): void {
		const { send, receive } = this.#leg.shown;
		this.#reached.tell({ send, receive: receive || this.#media?.hasHeard === true });
	}

	/** The other end goes: before there was a way that ends the meeting, as `noWay` where all our pairs had failed already. */
	#left(why: string): void {
		this.#call.bye = why;
		const { pairs } = this.ice;
		// One that is tried again, since the other end might have come meanwhile, has been tried.
		const areAllTried = pairs.length > 0 && pairs.every(({ state, failure }) => state === "failed" || failure !== null);
		if (areAllTried) this.#end({ code: "noWay", failure: "allPairsFailed", about: why });
		else this.#end({ code: "peerLeft", about: why });
		this.#ears.left();
	}

	#closed(failure: SignallingFailure | null): void {
		this.#call.failure = failure;
		this.#answered.happen();
		if (failure !== null && this.#isSettled)
			this.#order.tell({ kind: "warning", warning: { code: "signallingLost", failure } });
		if (this.#isSettled || this.hasLeft) return;
		if (failure?.code === "expired" && !failure.met) this.#end({ code: "nobodyCame", signalling: failure });
		else if (this.peer === null || this.#isHeld)
			this.#end(failure === null ? { code: "peerLeft" } : { code: "signalling", signalling: failure });
		else {
			// Checks go on with what is known; nothing more will come.
			this.#leg.ended();
			if (failure === null || failure.code === "peerLost") this.#wait(PEER_LOST_MS, "peerLeft");
		}
	}

	#event(event: IceConnectionEvent, at: Instant): void {
		this.ledger.heard(event, at);
		switch (event.kind) {
			case "gathered":
				this.#gathered.happen();
				break;
			case "pair":
			case "pairGone":
				this.#tellReached();
				break;
			case "selected":
				if (event.why === "unproved") this.#unproved();
				else this.#connected();
				break;
			case "state":
				if (event.state === "failed") this.#failed(event.failure);
				break;
			case "defect":
				this.#lose({ code: "defect", about: event.about });
				break;
		}
	}

	/** What no check has proved waits for a call that stands. */
	#unproved(): void {
		this.#warn({ code: "unproved" });
		// A call that is not to ring before both ways are proved is none without that.
		if (this.call?.precondition === "waiting") this.#failed("allPairsFailed");
		else if (this.#call.mayBeForged) {
			this.#isHeld = true;
			this.#wait(this.#order.waitMs, "noWay");
		} else this.#connected();
		this.#signalling.unproved?.();
	}

	#connected(): void {
		this.#isHeld = false;
		this.#end({ code: "connected" });
		this.#beginMedia();
	}

	#failed(failure: MeetOutcome["failure"]): void {
		const wasProved = this.ledger.selected !== null && this.ledger.selected.reason !== "unproved";
		this.#lose({ code: wasProved ? "lost" : "noWay", failure });
	}

	/** Ends the wait, or after it the way. */
	#lose(outcome: Partial<MeetOutcome> & Pick<MeetOutcome, "code">): void {
		if (this.#isSettled) this.#ears.lost({ failure: null, signalling: null, about: null, ...outcome });
		else this.#end(outcome);
	}

	#received(datagram: IceDatagram): void {
		if (this.#media !== null && datagram.kind === "rtp") this.#media.received(datagram);
		else this.#ears.data(datagram.bytes);
	}
}
