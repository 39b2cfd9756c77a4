import { encodeUtf8 } from "@whither/wire";

/** A message of RFC 4475, and what it has to come to. */
export interface TortureMessage {
	/** By which the RFC calls it. */
	readonly name: string;
	readonly section: string;
	readonly bytes: Uint8Array;
	readonly expect: TortureExpectation;
}

/** What the parser says, and then the agent. */
export interface TortureExpectation {
	/** `accepts`, or the status of its error; null: there is nobody to answer. */
	readonly parser: "accepts" | number | null;
	/**
	 * What the user agent of these calls does with what the parser accepts. Statuses: any of these answers is right. `drops`: it
	 * answers nothing and goes on. `goes on`: an INVITE as good as any other. Null: it never comes to it.
	 */
	readonly agent: readonly number[] | "drops" | "goes on" | null;
}

/** A row of the tables. */
export function message(
	name: string,
	section: string,
	expect: TortureExpectation,
	parts: readonly Uint8Array[],
): TortureMessage {
	return { name, section, expect, bytes: Uint8Array.from(parts.flatMap((part) => [...part])) };
}

/** A text's bytes with CRLF for every line break. */
export function lines(text: string): Uint8Array {
	return encodeUtf8(text.replaceAll("\n", "\r\n"));
}
