/** Tickets and tokens tell which server of a service gave them, so that whichever is shown one knows whose it is. */
import type { TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

/** That what has been received is for another server of the service. */
export type HandOver = Extract<TurnServerOutput, { readonly type: "handOver" }>;

/** The bytes with one behind them that says who gave them: only the service itself can read it. */
export function withGiver(state: TurnState, bytes: Uint8Array): Uint8Array {
	const named = new Uint8Array(bytes.length + 1);
	named.set(bytes);
	named[bytes.length] = (state.instance ^ maskOf(state, bytes)) & 0xff;
	return named;
}

/** Who gave bytes of that form; of others a number that means nothing. */
export function giverOf(state: TurnState, named: Uint8Array): number {
	const last = named.length - 1;
	return (named[last] ?? 0) ^ maskOf(state, named.subarray(0, last));
}

function maskOf(state: TurnState, bytes: Uint8Array): number {
	return state.digestOf("giver", String.fromCharCode(...bytes))[0] ?? 0;
}

/** Null: it is nobody's to whom anything can be handed. */
export function handOverTo(state: TurnState, giver: number): HandOver | null {
	if (giver === state.instance || !state.config.siblings?.includes(giver)) return null;
	return { type: "handOver", instance: giver };
}
