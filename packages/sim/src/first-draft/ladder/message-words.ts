/** What each datagram of a call is, in words: checks by the alternative that they are of, answers by what they answer. */
import { attributeOf, decodeStun, isDecodeError, type StunMessage } from "@whither/wire";
import { AgentEnd } from "../call-end.ts";
import { formatPlace } from "../call-report.ts";
import type { FirstDraftCall } from "../first-draft-call.ts";
import type { Journey } from "../journeys.ts";
import { mediaNumber } from "../media.ts";

/** What a datagram is. `asks`: a request, whose repetitions are one with it. */
export interface MessageWords {
	readonly kind: "asks" | "answers" | "media" | "other";
	readonly text: string;
}

/** Words for the datagrams of one call, in their order: an answer is known by the request before it. */
export class MessageReader {
	/** What alternatives are called, by their usernames: A's second is A2. */
	readonly #labels = new Map<string, string>();
	/** What was asked, by transaction. */
	readonly #asked = new Map<string, string>();

	constructor(call: FirstDraftCall) {
		for (const end of call.ends) {
			if (!(end instanceof AgentEnd)) continue;
			for (const { alt } of end.program.agent.addresses)
				this.#labels.set(alt.username, `${end.side.toUpperCase()}${alt.id}`);
		}
	}

	read({ payload }: Journey): MessageWords {
		if (mediaNumber(payload, "a") !== null || mediaNumber(payload, "b") !== null)
			return { kind: "media", text: "media" };
		const message = decodeStun(payload);
		if (isDecodeError(message)) return { kind: "other", text: `${payload.length} bytes` };
		const id = message.transactionId.join();
		if (message.class !== "request") return { kind: "answers", text: answerText(message, this.#asked.get(id) ?? "") };
		const text = this.#requestText(message);
		this.#asked.set(id, text);
		return { kind: "asks", text };
	}

	#requestText(message: StunMessage): string {
		if (message.method !== "binding") return allocateText(message);
		const label = this.#labels.get(attributeOf(message, "username") ?? "");
		return label === undefined ? "Binding request" : `check of ${label}`;
	}
}

const RELEASE = "Allocate with LIFETIME 0";

function allocateText(message: StunMessage): string {
	return attributeOf(message, "lifetime") === 0 ? RELEASE : "Allocate";
}

function answerText(message: StunMessage, asked: string): string {
	const error = attributeOf(message, "errorCode");
	if (error !== undefined) return `${asked} is refused: ${error.code}`;
	const mapped = attributeOf(message, "mappedAddress");
	const further = attributeOf(message, "moreAvailable");
	if (asked === RELEASE) return "the relay is given back";
	if (mapped === undefined) return `answer to the ${asked}`;
	const places = [mapped, ...(further === undefined ? [] : [further])].map(formatPlace).join(" and ");
	return asked === "Allocate" ? `allocated: ${places}` : `answer to the ${asked}: M=${places}`;
}
