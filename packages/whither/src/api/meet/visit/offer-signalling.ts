/** Signalling with a visitor whose description has come whole, and who hears ours in one answer. */
import type { OpenSignalling } from "../options.ts";
import type { DescriptionMessage, MeetMessage } from "../signalling/message.ts";
import type { DescribedEnd } from "../signalling/sdp.ts";
import type { SignallingListener } from "../signalling/signalling.ts";

/** The visitor's side of it. */
export interface OfferSignalling {
	readonly begin: OpenSignalling;
	/** What we have said so far; null: nothing yet. */
	readonly said: DescribedEnd | null;
	/** Resolves once we have told of all candidates. */
	readonly complete: Promise<void>;
	/** The visitor says more. */
	hear(messages: readonly MeetMessage[]): void;
}

/** `messages`: what the visitor's offer says. The visitor began, and so controls (RFC 8445 §6.1.1). */
export function offerSignalling(messages: readonly MeetMessage[]): OfferSignalling {
	let listener: SignallingListener | null = null;
	let description: DescriptionMessage | null = null;
	let isComplete = false;
	let finish = (): void => {};
	const lines: string[] = [];
	const complete = new Promise<void>((resolve) => {
		finish = resolve;
	});
	const hear = (more: readonly MeetMessage[]) => {
		for (const message of more) listener?.message(message);
	};
	return {
		begin: (heard) => {
			listener = heard;
			queueMicrotask(() => {
				listener?.met();
				hear(messages);
			});
			return {
				role: "controlled",
				send: (message) => {
					if (message.type === "description") description = message;
					else if (message.type === "candidates") lines.push(...message.lines);
					else if (message.type === "endOfCandidates") {
						isComplete = true;
						finish();
					}
				},
				close: async () => {
					listener = null;
				},
			};
		},
		get said() {
			return description === null ? null : { description, lines: [...lines], isComplete };
		},
		...{ complete, hear },
	};
}
