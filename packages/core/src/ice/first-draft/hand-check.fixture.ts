/** Checks that a test makes by hand, right ones and wrong ones, and an agent that hears them. */
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
import { FirstDraftAgent } from "./agent.ts";
import type { FirstDraftConfig, FirstDraftOutput } from "./first-draft-io.ts";

/** Of the agent. */
export const SECRET = new Uint8Array(32).fill(1);
/** Whoever checks. */
export const FROM: StunAddress = { address: "198.51.100.7", port: 40_000 };
/** Where the agent is. */
export const HERE: StunAddress = { address: "192.0.2.1", port: 1010 };

/** What of a check is not as it should be. */
export interface CheckChanges {
	readonly id?: number;
	readonly username?: string | null;
	readonly password?: string | null;
	readonly items?: readonly StunItem[];
	/** A request of RFC 8489. */
	readonly modern?: boolean;
}

/** A check of this address. */
export function checkOf(
	alt: SdpAlt,
	{ id = 1, username, password, items = [], modern }: CheckChanges = {},
): Uint8Array {
	const transactionId = new Uint8Array(modern === true ? 12 : 16);
	new DataView(transactionId.buffer).setUint32(4, id);
	const attributes: StunItem[] = [...items];
	if (username !== null) attributes.push({ name: "username", value: username ?? alt.username });
	const key = shortTermKey(password ?? alt.password);
	if (password !== null) attributes.push({ name: "messageIntegrity", key });
	return encodeStun({ class: "request", method: "binding", transactionId, attributes });
}

/** An agent with its sockets, 0 for RTP and 1 for RTCP, and the address that it can be checked at. */
export function listening(config: Partial<FirstDraftConfig> = {}): {
	readonly agent: FirstDraftAgent;
	readonly alt: SdpAlt;
} {
	const agent = new FirstDraftAgent({ secret: SECRET, ...config });
	agent.step({ type: "base", base: 0, at: HERE }, 0);
	agent.step({ type: "base", base: 1, at: { ...HERE, port: 1011, component: 2 } }, 0);
	agent.step({ type: "basesComplete" }, 0);
	const [alt] = agent.description[0]?.alternatives ?? [];
	if (alt === undefined) throw new Error("no address");
	return { agent, alt };
}

/** What comes of these bytes. */
export function hear(
	agent: FirstDraftAgent,
	bytes: Uint8Array,
	{
		from = FROM,
		base = 0,
		now = 0,
	}: { readonly from?: StunAddress; readonly base?: number; readonly now?: Instant } = {},
): readonly FirstDraftOutput[] {
	return agent.step({ type: "received", base, from, bytes }, now);
}

/** The answer among outputs; null: none. */
export function answerIn(outputs: readonly FirstDraftOutput[]): StunMessage | null {
	const sent = outputs.find((output) => output.type === "send");
	const message = sent?.type === "send" ? decodeStun(sent.bytes) : null;
	return message === null || isDecodeError(message) ? null : message;
}

/** `success`, the code of an error, or null: silence. */
export function verdictOf(outputs: readonly FirstDraftOutput[]): "success" | number | null {
	const answer = answerIn(outputs);
	if (answer?.class === "success") return "success";
	return answer === null ? null : (attributeOf(answer, "errorCode")?.code ?? 0);
}

/** Reasons among outputs. */
export const reasonsIn = (outputs: readonly FirstDraftOutput[]): readonly string[] =>
	outputs.flatMap((output) => (output.type === "ignored" ? [output.reason] : []));
