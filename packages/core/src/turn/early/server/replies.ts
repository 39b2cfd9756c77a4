import { EARLY_TURN_COOKIE, encodeStun, type HmacKey, type StunAddress, type StunItem } from "@whither/wire";
import type { EarlyTurnServerOutput } from "./server-io.ts";

/** All that an answer takes from its request. */
export interface Reply {
	/** 16 bytes. */
	readonly transactionId: Uint8Array;
	/** What signs it; null: nothing does. */
	readonly key: HmacKey | null;
	/** Its client has a binding: the cookie comes first, so that it is told from data. */
	readonly amongData: boolean;
	readonly to: StunAddress;
	readonly local: number;
}

type Send = Extract<EarlyTurnServerOutput, { readonly type: "send" }>;

/** A success response. */
export function respond(reply: Reply, items: readonly StunItem[]): Send {
	return answer("success", reply, items);
}

/** An error response, without words: they are for people, and would make it longer than its request. */
export function refuse(reply: Reply, code: number, items: readonly StunItem[] = []): Send {
	return answer("error", reply, [{ name: "errorCode", value: { code, reason: "" } }, ...items]);
}

function answer(kind: "success" | "error", reply: Reply, items: readonly StunItem[]): Send {
	const { transactionId, key, amongData, to, local } = reply;
	const attributes: StunItem[] = amongData ? [{ name: "magicCookie", value: EARLY_TURN_COOKIE }] : [];
	attributes.push(...items);
	if (key !== null) attributes.push({ name: "messageIntegrity", key });
	return { type: "send", bytes: encodeStun({ class: kind, method: "allocate", transactionId, attributes }), to, local };
}
