/** Signalling by hand: one line out, one line in. Pure. */
import type { IceRole } from "@whither/core";
import { type BlobFailure, blobMessages, makeBlob, readBlob } from "./blob.ts";
import type { CandidatesMessage, DescriptionMessage, MeetMessage } from "./message.ts";
import type { Signalling, SignallingListener } from "./signalling.ts";

/** What signalling by hand is made of. */
export interface CopyPasteOrder {
	/** Whoever shows the first line controls. */
	readonly role: IceRole;
	readonly listener: SignallingListener;
	/** Called once, when everything is gathered: a line for the other end. */
	readonly show: (blob: string) => void;
}

/** Signalling, and what takes the other end's line. */
export interface CopyPaste {
	readonly signalling: Signalling;
	/** Null: it was right, and the listener has heard it; otherwise another may be pasted. */
	paste(text: string): BlobFailure | null;
}

/** Collects what is sent until its candidates have an end, which is then shown; what comes later goes nowhere. */
export function copyPaste({ role, listener, show }: CopyPasteOrder): CopyPaste {
	let description: DescriptionMessage | null = null;
	const candidates: CandidatesMessage[] = [];
	let state: "collecting" | "shown" | "closed" = "collecting";
	let pasted = false;
	const send = (message: MeetMessage): void => {
		if (state !== "collecting") return;
		if (message.type === "description") description = message;
		if (message.type === "candidates") candidates.push(message);
		if (message.type !== "endOfCandidates" || message.ufrag !== description?.ufrag) return;
		const { ufrag } = description;
		const lines = candidates.filter((of) => of.ufrag === ufrag).flatMap((of) => of.lines);
		state = "shown";
		show(makeBlob({ role, description, lines }));
	};
	const paste = (text: string): BlobFailure | null => {
		const blob = readBlob(text);
		if ("code" in blob) return blob;
		// One's own line, out of the same clipboard.
		if (blob.description.ufrag === description?.ufrag) return { code: "badBlob", why: "own", need: 0, have: 0 };
		if (pasted || state === "closed") return null;
		pasted = true;
		listener.met();
		for (const message of blobMessages(blob)) listener.message(message);
		return null;
	};
	const close = (): Promise<void> => {
		state = "closed";
		return Promise.resolve();
	};
	return { signalling: { role, send, close }, paste };
}
