/** Two ends of a call without a network: agents that pass on what they are asked, and ends that say what a meeting would. */
import type { MeetCall } from "../../api/meet/signalling/call.ts";
import type { MeetMessage } from "../../api/meet/signalling/message.ts";
import type { Signalling, SignallingFailure } from "../../api/meet/signalling/signalling.ts";
import type { SipBody, SipEvent } from "../agent/agent-io.ts";
import type { CallAgent, OpenCallAgent } from "./call-agent.ts";
import { type CallNews, callOptionTags, type SipSignallingOrder } from "./call-order.ts";
import { sipSignalling } from "./sip-signalling.ts";

/** Time that passes when a test says so. */
export class HeldTime {
	#now = 0;
	readonly #timers = new Map<() => void, number>();
	readonly now = (): number => this.#now;
	readonly after = (delayMs: number, call: () => void): (() => void) => {
		const timer = () => call();
		this.#timers.set(timer, this.#now + delayMs);
		return () => this.#timers.delete(timer);
	};

	async pass(ms: number): Promise<void> {
		const end = this.#now + ms;
		for (;;) {
			await turn();
			const [next] = [...this.#timers].filter(([, at]) => at <= end).sort(([, a], [, b]) => a - b);
			if (next === undefined) break;
			const [timer, at] = next;
			this.#now = Math.max(this.#now, at);
			this.#timers.delete(timer);
			timer();
		}
		this.#now = end;
	}

	get waits(): number {
		return this.#timers.size;
	}
}

/** All that follows of what was said. */
export async function turn(): Promise<void> {
	for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve));
}

/** What the line between two agents lets them do. */
export interface FakeLine {
	/** Whether provisional answers are acknowledged; true when absent. */
	readonly reliable?: boolean;
	/** The callee knows preconditions; true when absent. */
	readonly preconditions?: boolean;
	/** What changes descriptions on the way. */
	readonly alters?: (body: SipBody) => SipBody;
	/** False: no ACK comes. */
	readonly acknowledges?: boolean;
}

type Answers = { readonly status: number; readonly body: SipBody | null };

/** Two agents; the first one calls. `log`: what goes over the line, such as `A INVITE` and `B 183`. */
export class FakeAgents {
	readonly log: string[] = [];
	/** Bodies beside it. */
	readonly bodies: { readonly what: string; readonly body: SipBody }[] = [];
	readonly #tell: [(event: SipEvent) => void, (event: SipEvent) => void] = [() => {}, () => {}];
	readonly #line: FakeLine;
	readonly #supported: readonly string[];
	#state: "idle" | "calling" | "accepted" | "over" = "idle";
	#hasAnswer = false;
	#hasOffer = false;

	constructor(line: FakeLine, supported: readonly string[]) {
		this.#line = line;
		this.#supported = [...supported, ...(line.reliable === false ? [] : ["100rel"])];
	}

	/** Opens one of the two. */
	open(which: 0 | 1): OpenCallAgent {
		return (tell) => {
			this.#tell[which] = tell;
			return this.#agent(which);
		};
	}

	/** Something that a test says in the name of the other side. */
	say(to: 0 | 1, event: SipEvent): void {
		queueMicrotask(() => this.#tell[to](event));
	}

	#note(from: 0 | 1, what: string, body?: SipBody): SipBody | null {
		const line = `${"AB"[from]} ${what}`;
		this.log.push(line);
		const altered = body === undefined ? null : (this.#line.alters?.(body) ?? body);
		if (altered !== null) this.bodies.push({ what: line, body: altered });
		return altered;
	}

	#agent(which: 0 | 1): CallAgent {
		const other = which === 0 ? 1 : 0;
		const call = 1;
		return {
			register: () => {
				this.#note(which, "REGISTER");
				this.say(which, { kind: "registered", expiresSeconds: 3600, publicAddress: null });
			},
			call: (to, { body, require = [] }) => {
				this.#call(to, this.#note(which, "INVITE", body), require);
				return call;
			},
			respond: (_, { status, body, reliable }) =>
				this.#respond({ status, body: this.#note(which, String(status), body) }, reliable === true),
			offer: (_, body) => {
				const method = this.#state === "accepted" ? "INVITE" : "UPDATE";
				const offer = this.#note(which, method, body) ?? body;
				this.say(other, { kind: "offer", call, body: offer, method });
			},
			answer: (_, body) =>
				this.say(other, { kind: "answer", call, body: this.#note(which, "200 to it", body) ?? body }),
			refuse: (_, status) => {
				this.#note(which, `${status} to it`);
				this.say(other, { kind: "offerRefused", call, status, reason: "" });
			},
			info: (_, packageName, body) => {
				const told = this.#note(which, "INFO", body) ?? body;
				this.say(other, { kind: "info", call, package: packageName, body: told });
			},
			hangUp: (_, status, reason) => this.#hangUp(which, status ?? 480, reason ?? null),
			close: async () => void this.#note(which, "closed"),
		};
	}

	#call(to: string, offer: SipBody | null, required: readonly string[]): void {
		this.#state = "calling";
		this.#hasOffer = true;
		const isUnknown = this.#line.preconditions === false && required.includes("precondition");
		if (isUnknown) this.#respond({ status: 420, body: null }, false);
		else this.#comes(to, offer, required);
	}

	#comes(to: string, offer: SipBody | null, required: readonly string[]): void {
		const about = { from: "sip:a@example.com", displayName: null, to, userAgent: "phone A" };
		const allow = ["INVITE", "UPDATE", "INFO"];
		this.say(1, { kind: "incoming", call: 1, ...about, offer, supported: this.#supported, required, allow });
	}

	/** Somebody else than A wants to be offered something. */
	callWithoutOffer(): void {
		this.#tell[0] = () => {};
		this.#state = "calling";
		const about = { from: "sip:a@example.com", displayName: null, to: "sip:b@example.com", userAgent: "phone A" };
		this.say(1, {
			kind: "incoming",
			call: 1,
			...about,
			offer: null,
			supported: this.#supported,
			required: [],
			allow: [],
		});
	}

	#respond({ status, body }: Answers, reliable: boolean): void {
		const reason = "";
		const said = { call: 1, supported: this.#supported, userAgent: "phone B" };
		const answer = this.#hasAnswer || !this.#hasOffer ? null : body;
		if (answer !== null) this.#hasAnswer = true;
		if (status >= 300) {
			this.#state = "over";
			this.say(0, { kind: "ended", call: 1, end: { code: "refused", status, reason, body } });
		} else if (status >= 200) {
			this.#state = "accepted";
			this.say(0, { kind: "accepted", ...said, answer });
			if (this.#hasOffer && this.#line.acknowledges !== false)
				this.say(1, { kind: "accepted", ...said, answer: null, userAgent: null });
		} else {
			this.say(0, { kind: "progress", ...said, status, reason, answer, reliable, dialog: true });
			if (reliable) this.say(1, { kind: "acknowledged", call: 1, status });
		}
	}

	#hangUp(which: 0 | 1, status: number, reason: string | null): void {
		if (this.#state === "over" || this.#state === "idle") return;
		if (which === 1 && this.#state === "calling") {
			this.#note(1, String(status));
			this.#respond({ status, body: null }, false);
			return;
		}
		this.#note(which, this.#state === "accepted" ? "BYE" : "CANCEL");
		this.#state = "over";
		this.say(which === 0 ? 1 : 0, { kind: "ended", call: 1, end: { code: "hungUp", by: "them", reason } });
	}
}

/** One end of a meeting, with all that it has heard. */
export class FakeEnd {
	readonly heard: MeetMessage[] = [];
	readonly calls: MeetCall[] = [];
	readonly news: CallNews[] = [];
	hasMet = false;
	stands = false;
	/** Undefined: it has not come to an end. */
	failure: SignallingFailure | null | undefined;
	readonly signalling: Signalling;
	readonly name: string;
	readonly #ice: SipSignallingOrder["ice"];

	constructor(name: string, order: Omit<SipSignallingOrder, "own" | "sessionId">) {
		this.name = name;
		this.#ice = order.ice;
		const own = `sip:${name}@example.com`;
		const tell = (news: CallNews) => void this.news.push(news);
		this.signalling = sipSignalling({ ...order, own, sessionId: "7", tell })({
			met: () => {
				this.hasMet = true;
			},
			message: (message) => void this.heard.push(message),
			call: (call) => void this.calls.push(call),
			stands: () => {
				this.stands = true;
			},
			closed: (failure) => {
				this.failure = failure;
			},
		});
	}

	get call(): MeetCall | undefined {
		return this.calls.at(-1);
	}

	get types(): readonly string[] {
		return this.heard.map(({ type }) => type);
	}

	get ufrag(): string {
		return `${this.name}${this.name}${this.name}${this.name}`;
	}

	/** A candidate: of this port, and type. */
	line(port: number, type: "host" | "srflx" | "relay" = "host"): string {
		const related = type === "host" ? "" : " raddr 192.0.2.1 rport 1000";
		return `candidate:${port} 1 UDP ${2_000_000_000 - port} ${this.name === "a" ? "192.0.2.1" : "192.0.2.2"} ${port} typ ${type}${related}`;
	}

	describe(): void {
		const { ufrag } = this;
		const options = ["ice2", "trickle", "whither-path"];
		const about = { tool: `whither ${this.name}`, pwd: ufrag.repeat(6), options, pacingMs: 5, lite: false };
		this.signalling.send({ type: "description", ufrag, ...about });
	}

	candidates(...lines: readonly string[]): void {
		this.signalling.send({ type: "candidates", ufrag: this.ufrag, lines });
	}

	complete(): void {
		this.signalling.send({ type: "endOfCandidates", ufrag: this.ufrag });
	}

	/** All alternatives so far, by the first draft. */
	alternatives(...ports: readonly number[]): void {
		const address = this.name === "a" ? "192.0.2.1" : "192.0.2.2";
		const secrets = { username: `${this.name}name0123`, password: "secret" };
		const alternatives = ports.map((port) => ({
			...{ id: `${this.name}${port}`, q: 1, derivedFrom: null, ...secrets, at: { address, port }, rtcp: null },
		}));
		const destination = { address, port: ports[0] ?? 9 };
		const about = { tool: "whither", rtcp: null, traces: true };
		this.signalling.send({ type: "alternatives", destination, alternatives, ...about });
	}

	/** Everything that an end of its kind says. */
	saysAll(): void {
		if (this.#ice === "first-draft") this.alternatives(4000);
		else {
			this.describe();
			this.candidates(this.line(4000));
			this.complete();
		}
	}

	prove(send = true, receive = true): void {
		this.signalling.reached?.({ send, receive });
	}
}

/** How two ends are made. */
export interface TwoEnds extends FakeLine {
	readonly a?: Partial<SipSignallingOrder>;
	readonly b?: Partial<SipSignallingOrder>;
}

/** Two of them: A calls B. */
export function twoEnds({ a = {}, b = {}, ...line }: TwoEnds = {}) {
	const time = new HeldTime();
	const agents = new FakeAgents(line, callOptionTags(a.ice ?? "modern"));
	const callee = new FakeEnd("b", { ice: "modern", ...b, openAgent: agents.open(1), time });
	const caller = new FakeEnd("a", {
		...{ ice: "modern", to: "sip:b@example.com", ...a, openAgent: agents.open(0), time },
	});
	/** The text of what went over the line under this name, the last of them. */
	const sdp = (what: string) => agents.bodies.findLast((one) => one.what === what)?.body.text ?? "";
	return { time, agents, a: caller, b: callee, log: agents.log, sdp };
}
