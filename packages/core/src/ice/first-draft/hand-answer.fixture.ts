/** A peer that a test plays by hand: what it tells, and how it answers the checks that come of it. */
import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	type SdpAlt,
	type StunAddress,
	type StunItem,
	type StunMessage,
	shortTermKey,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { FirstDraftAgent } from "./agent.ts";
import type { FirstDraftEvent, FirstDraftOutput, FirstDraftStream } from "./first-draft-io.ts";
import { listening } from "./hand-check.fixture.ts";

/** A request that an agent has sent. */
export interface Question {
	readonly base: number;
	readonly to: StunAddress;
	readonly message: StunMessage;
}

/** The peer's host; its addresses differ by their ports. */
export const THERE = "203.0.113.5";

/** An address of the peer's. */
export function altOf(id: string, q: number, more: Partial<SdpAlt> = {}): SdpAlt {
	const at = { address: THERE, port: 2000 + 10 * Number(id) };
	return {
		id,
		q,
		derivedFrom: null,
		username: `peer${id.padStart(4, "0")}`,
		password: `password ${id}`,
		at,
		rtcp: null,
		...more,
	};
}

/** What the peer says of one stream; `m=` and `c=` name a place of their own unless another is given. */
export function told(
	alternatives: readonly SdpAlt[],
	destination: StunAddress | null = { address: THERE, port: 9000 },
): FirstDraftStream {
	return { destination, rtcp: null, alternatives };
}

/** The requests among outputs. */
export function questionsIn(outputs: readonly FirstDraftOutput[]): readonly Question[] {
	return outputs.flatMap((output) => {
		const message = output.type === "send" ? decodeStun(output.bytes) : null;
		if (output.type !== "send" || message === null || isDecodeError(message) || message.class !== "request") return [];
		return [{ base: output.base, to: output.to, message }];
	});
}

/** How the peer answers. */
export interface AnswerChanges {
	readonly mapped?: StunAddress;
	readonly code?: number;
	readonly password?: string | null;
	readonly from?: StunAddress;
	readonly now?: Instant;
}

/** Has the peer answer one check. By default it sees us where we are, and signs. */
export function answer(
	agent: FirstDraftAgent,
	{ base, to, message }: Question,
	{ code, mapped, password = passwordFor(message), from = to, now = 0 }: AnswerChanges = {},
): readonly FirstDraftOutput[] {
	const seen = mapped ?? { address: "192.0.2.1", port: 1010 + base };
	const attributes: StunItem[] =
		code === undefined
			? [{ name: "mappedAddress", value: seen }]
			: [{ name: "errorCode", value: { code, reason: "" } }];
	if (password !== null && (code === undefined || code === 420))
		attributes.push({ name: "messageIntegrity", key: shortTermKey(password) });
	const kind = code === undefined ? "success" : "error";
	const bytes = encodeStun({ class: kind, method: "binding", transactionId: message.transactionId, attributes });
	return agent.step({ type: "received", base, from, bytes }, now);
}

function passwordFor(message: StunMessage): string {
	const username = attributeOf(message, "username") ?? "";
	return `password ${Number(username.slice("peer".length))}`;
}

/** Has the peer answer both components' checks of one alternative. */
export function answerAll(
	agent: FirstDraftAgent,
	questions: readonly Question[],
	{ username }: SdpAlt,
	changes: AnswerChanges = {},
): readonly FirstDraftOutput[] {
	const own = questions.filter(({ message }) => attributeOf(message, "username") === username);
	return own.flatMap((question) => answer(agent, question, changes));
}

/** An agent that has told all of its addresses and heard of these. */
export function checking(alternatives: readonly SdpAlt[], destination?: StunAddress | null) {
	const { agent } = listening();
	agent.step({ type: "told" }, 0);
	const outputs = agent.step({ type: "peer", streams: [told(alternatives, destination)] }, 0);
	return { agent, outputs, questions: questionsIn(outputs) };
}

/** Events of one kind among outputs. */
export function eventsIn<Kind extends FirstDraftEvent["kind"]>(
	outputs: readonly FirstDraftOutput[],
	kind: Kind,
): readonly Extract<FirstDraftEvent, { readonly kind: Kind }>[] {
	return outputs.flatMap((output) =>
		output.type === "event" && output.event.kind === kind
			? [output.event as Extract<FirstDraftEvent, { readonly kind: Kind }>]
			: [],
	);
}
