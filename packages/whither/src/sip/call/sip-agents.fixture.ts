/** Two ends of a call by two real SIP agents, whose messages change sides in memory. */
import { decodeUtf8 } from "@whither/wire";
import { SipAgent } from "../agent/agent.ts";
import type { SipAgentInput, SipAgentOutput, SipEvent } from "../agent/agent-io.ts";
import type { SipHop } from "../transport/hop.ts";
import type { CallAgent, OpenCallAgent } from "./call-agent.ts";
import { FakeEnd, HeldTime } from "./call-ends.fixture.ts";
import { callOptionTags, type SipSignallingOrder } from "./call-order.ts";
import { TRICKLE_PACKAGE } from "./trickling.ts";

type Name = "a" | "b";

const HOPS: Readonly<Record<Name, SipHop>> = {
	a: { transport: "udp", address: "192.0.2.1", port: 5060 },
	b: { transport: "udp", address: "192.0.2.2", port: 5060 },
};

/** One agent in its place; what it sends comes to the other at once. */
class Place {
	readonly #name: Name;
	readonly #agent: SipAgent;
	readonly #line: Line;
	#tell: (event: SipEvent) => void = () => {};
	#forget: () => void = () => {};
	#lastCall = 0;
	#closed: () => void = () => {};

	constructor(name: Name, tags: readonly string[], line: Line) {
		this.#name = name;
		this.#line = line;
		const secret = new Uint8Array(32).fill(name.charCodeAt(0));
		const account = { address: `sip:${name}@${HOPS[name].address}` };
		this.#agent = new SipAgent({
			...{ secret, account, product: `phone ${name}`, local: [HOPS[name]], supported: tags },
			infoPackages: [TRICKLE_PACKAGE],
		});
	}

	readonly open: OpenCallAgent = (tell) => {
		this.#tell = tell;
		return this.#calls;
	};

	step(input: SipAgentInput): void {
		const { time } = this.#line;
		for (const output of this.#agent.step(input, time.now() * 1e6)) this.#carry(output);
		this.#forget();
		const { deadline } = this.#agent;
		if (deadline === null) return;
		const delayMs = Math.max(0, deadline.at / 1e6 - time.now());
		this.#forget = time.after(delayMs, () => this.step({ type: "timer" }));
	}

	#carry(output: SipAgentOutput): void {
		const other = this.#name === "a" ? "b" : "a";
		if (output.type === "locate") {
			const { key } = output;
			queueMicrotask(() => this.step({ type: "located", key, hops: [HOPS[other]] }));
		} else if (output.type === "send") {
			const sent = { from: this.#name, text: decodeUtf8(output.bytes) };
			this.#line.sent.push(sent);
			const { bytes } = output;
			if (this.#line.loses(flowName(sent))) return;
			queueMicrotask(() => this.#line.places[other]?.step({ type: "received", bytes, from: HOPS[this.#name] }));
		} else if (output.type === "event") {
			if (output.event.kind === "closed") this.#closed();
			this.#tell(output.event);
		}
	}

	readonly #calls: CallAgent = {
		register: () => {},
		call: (to, invitation) => {
			const call = ++this.#lastCall;
			this.step({ type: "call", call, to, ...invitation });
			return call;
		},
		respond: (call, reply) => this.step({ type: "respond", call, ...reply }),
		offer: (call, body) => this.step({ type: "offer", call, body }),
		answer: (call, body) => this.step({ type: "answer", call, body }),
		refuse: (call, status) => this.step({ type: "refuse", call, status }),
		info: (call, name, body) => this.step({ type: "info", call, package: name, body }),
		hangUp: (call, status, reason) => {
			const said = { ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { reason }) };
			this.step({ type: "hangUp", call, ...said });
		},
		close: () =>
			new Promise((resolve) => {
				this.#closed = resolve;
				this.step({ type: "close" });
			}),
	};
}

interface Sent {
	readonly from: Name;
	readonly text: string;
}

interface Line {
	readonly time: HeldTime;
	readonly sent: Sent[];
	readonly loses: (what: string) => boolean;
	readonly places: { a?: Place; b?: Place };
}

/** What a message is, such as `INVITE` and `183 INVITE`. */
function whatOf(text: string): string {
	const [first = ""] = text.split("\r\n");
	const [, method = ""] = /^CSeq:\s*\d+\s+(\S+)/im.exec(text) ?? [];
	return first.startsWith("SIP/") ? `${first.split(" ")[1]} ${method}` : (first.split(" ")[0] ?? "");
}

/** With who sent it, such as `A INVITE`. */
function flowName({ from, text }: Sent): string {
	return `${from.toUpperCase()} ${whatOf(text)}`;
}

/** A calls B; `tags` of B's agent are those of its ICE where nothing else is said. */
export function twoPhones(order: {
	readonly a?: Partial<SipSignallingOrder>;
	readonly b?: Partial<SipSignallingOrder>;
	readonly tags?: readonly string[];
	/** Nothing comes to B. */
	readonly isDeaf?: boolean;
	/** Which of the messages do not arrive, such as `A UPDATE`. */
	readonly loses?: (what: string) => boolean;
}) {
	const line: Line = { time: new HeldTime(), sent: [], loses: order.loses ?? (() => false), places: {} };
	const { time } = line;
	const [ofA, ofB] = [order.a ?? {}, order.b ?? {}];
	const a = new Place("a", callOptionTags(ofA.ice ?? "modern"), line);
	const b = new Place("b", order.tags ?? callOptionTags(ofB.ice ?? "modern"), line);
	line.places.a = a;
	if (order.isDeaf !== true) line.places.b = b;
	const to = `sip:b@${HOPS.b.address}`;
	const callee = new FakeEnd("b", { ice: "modern", register: false, ...ofB, openAgent: b.open, time });
	const caller = new FakeEnd("a", { ice: "modern", to, ...ofA, openAgent: a.open, time });
	const flow = () => line.sent.map(flowName);
	/** The last message of this kind. */
	const text = (what: string) => line.sent.findLast((one) => flowName(one) === what)?.text ?? "";
	return { time, a: caller, b: callee, flow, text };
}
