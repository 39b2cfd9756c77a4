import type { StunAddress, StunItem } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { StunClient } from "../client.ts";
import type { StunClientEvent, StunClientOutput, StunRequest } from "../client-io.ts";
import type { NatBehaviourConfig } from "./behaviour-io.ts";

/** How a request ended. */
export type Outcome = Exclude<StunClientEvent, { readonly kind: "redirected" }>;

/** What a test asks: a Binding request, and what is to be done about its end. */
export type Question = Partial<Omit<StunRequest, "key" | "method" | "credentials">> & { readonly to: StunAddress };

/** The requests of one discovery: each with what follows from its end. */
export class Inquiry {
	readonly #client: StunClient;
	readonly #config: NatBehaviourConfig;
	readonly #emit: (output: StunClientOutput) => void;
	readonly #answers = new Map<string | number, (outcome: Outcome, now: Instant) => void>();
	#next = 0;
	/** Requests without a cookie from now on. */
	classic = false;

	constructor(client: StunClient, config: NatBehaviourConfig, emit: (output: StunClientOutput) => void) {
		this.#client = client;
		this.#config = config;
		this.#emit = emit;
	}

	/** Sends a request; `then` is called at its end. */
	ask(question: Question, now: Instant, then: (outcome: Outcome, now: Instant) => void): void {
		const key = this.#next++;
		this.#answers.set(key, then);
		const { credentials } = this.#config;
		const classic = question.classic ?? this.classic;
		const request: StunRequest = {
			redirects: 0,
			...question,
			key,
			method: "binding",
			classic,
			...(credentials !== undefined && !classic && { credentials }),
		};
		this.take(this.#client.step({ type: "request", request }, now), now);
	}

	/** What the client put out. */
	take(outputs: readonly StunClientOutput[], now: Instant): void {
		for (const output of outputs) {
			const ended = output.type === "event" && output.event.kind !== "redirected" ? output.event : null;
			if (ended === null) this.#emit(output);
			else {
				const then = this.#answers.get(ended.key);
				this.#answers.delete(ended.key);
				then?.(ended, now);
			}
		}
	}
}

/** CHANGE-REQUEST as an attribute. */
export function changeItems(ip: boolean, port: boolean): readonly StunItem[] {
	return [{ name: "changeRequest", value: { ip, port } }];
}
