/** What a key asks of whoever runs the traces. */
import type { Model } from "./model.ts";

/** One thing to do. */
export type Effect =
	/** `keepsFrame`: what is on the screen stays on the terminal. */
	| { readonly type: "quit"; readonly keepsFrame: boolean }
	| { readonly type: "pause" }
	| { readonly type: "resume" }
	/** Forget all figures. */
	| { readonly type: "reset" }
	| { readonly type: "interval"; readonly intervalMs: number }
	/** Between UDP and ICMP. */
	| { readonly type: "otherMethod" }
	/** Names, or origins, are wanted from now on. */
	| { readonly type: "lookUp"; readonly what: "names" | "origins" }
	| { readonly type: "flushNames" }
	| { readonly type: "write"; readonly file: string }
	| { readonly type: "suspend" }
	| { readonly type: "redraw" };

/** What a key leads to. */
export interface Pressed {
	readonly model: Model;
	readonly effects: readonly Effect[];
}

/** The model and what is to be done. */
export function pressed(model: Model, ...effects: readonly Effect[]): Pressed {
	return { model, effects };
}

/** The model with a message. */
export function saying(model: Model, text: string): Model {
	return { ...model, message: { text, isBad: false } };
}

/** With one that something is wrong. */
export function complaining(model: Model, text: string): Model {
	return { ...model, message: { text, isBad: true } };
}
