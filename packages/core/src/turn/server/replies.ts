import { encodeStun, type StunAddress, type StunItem, type StunMessage } from "@whither/wire";
import type { TurnServerOutput } from "./server-io.ts";

/** All that an answer takes from its request. */
export interface ReplyTo {
	readonly method: StunMessage["method"];
	readonly transactionId: Uint8Array;
	/** What signs the answer, as the request was signed; null: nothing does. */
	readonly sign: StunItem | null;
	/** Whether it ends with a fingerprint, as the request did. */
	readonly marked: boolean;
	readonly to: StunAddress;
	readonly local: number;
}

type Send = Extract<TurnServerOutput, { readonly type: "send" }>;

/** A success response. */
export function respond(reply: ReplyTo, items: readonly StunItem[]): Send {
	return answer("success", reply, items);
}

/** An error response, without words: they are for people, and would make it longer than it must be. */
export function refuse(reply: ReplyTo, code: number, items: readonly StunItem[] = []): Send {
	return answer("error", reply, [{ name: "errorCode", value: { code, reason: "" } }, ...items]);
}

function answer(kind: "success" | "error", reply: ReplyTo, items: readonly StunItem[]): Send {
	const attributes = [...items];
	if (reply.sign !== null) attributes.push(reply.sign);
	if (reply.marked) attributes.push({ name: "fingerprint" });
	const { method, transactionId, to, local } = reply;
	return { type: "send", bytes: encodeStun({ class: kind, method, transactionId, attributes }), to, local };
}

/** An IPv4 client as a socket of both families sees it (RFC 4291 §2.5.5.2) is an IPv4 client. */
export function withoutMapping({ address, port }: StunAddress): StunAddress {
	const mapped = address.startsWith("::ffff:") && address.includes(".");
	return { address: mapped ? address.slice(7) : address, port };
}

/** 4 or 6. */
export function familyOf(address: string): 4 | 6 {
	return address.includes(":") ? 6 : 4;
}
