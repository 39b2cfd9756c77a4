/** What a STUN response says to a trace: whatever it is, the target has been reached. */
import {
	attributeOf,
	mappedAddressOf,
	networkStatusOf,
	STUN_ATTRIBUTES,
	type StunMessage,
	type StunNetworkStatus,
	verifyIntegrity,
} from "@whither/wire";
import type { ProbeContext, ReplyMeaning } from "../method.ts";
import { passwordKey } from "./stun-request.ts";
import { countAnswer } from "./stun-sent.ts";

/** A response to one of our requests; `first` is the sequence that its transaction began with. */
export function responseMeaning(context: ProbeContext, response: StunMessage, first: number): ReplyMeaning {
	const integrity = integrityOf(context, response);
	const mapped = mappedAddressOf(response) ?? undefined;
	const detail = {
		response: response.class,
		...errorDetail(response),
		...present({ mapped, integrity }),
		...originDetail(response),
		...counterDetail(context, response, first),
		...statusDetail(response),
	};
	const isTrue = mapped !== undefined && integrity !== "wrong";
	return { kind: "stun", place: "target", detail, ...(isTrue && { mappedAddress: mapped.address }) };
}

type Fields = Readonly<Record<string, unknown>>;

/** Without those that there are none of. */
function present(fields: Fields): Fields {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Whether the answer proves to know the password, where there is one. */
function integrityOf(context: ProbeContext, response: StunMessage): "right" | "wrong" | "none" | undefined {
	const key = passwordKey(context);
	if (key === undefined) return undefined;
	if (attributeOf(response, "messageIntegrity") === undefined) return "none";
	return verifyIntegrity(response, key) ? "right" : "wrong";
}

function errorDetail(response: StunMessage): Fields {
	const error = attributeOf(response, "errorCode");
	const unknown = attributeOf(response, "unknownAttributes")?.map(attributeName);
	return present({ code: error?.code, reason: error?.reason, unknownAttributes: unknown });
}

const NAMES: ReadonlyMap<number, string> = new Map(
	Object.values(STUN_ATTRIBUTES).map(({ type, meaning }) => [type, meaning]),
);

function attributeName(type: number): string {
	return NAMES.get(type) ?? `0x${type.toString(16).padStart(4, "0")}`;
}

function originDetail(response: StunMessage): Fields {
	return present({
		software: attributeOf(response, "software"),
		realm: attributeOf(response, "realm"),
		responseOrigin: attributeOf(response, "responseOrigin"),
		otherAddress: attributeOf(response, "otherAddress"),
		alternateServer: attributeOf(response, "alternateServer"),
		pathNodeProbe: attributeOf(response, "pathNodeProbe")?.hop,
	});
}

/**
 * What was lost on which way, as a server that counts its answers lets us tell (RFC 7982 section 3): requests that it did
 * not see, and answers that did not come. One that only echoes our count tells no more than which request it answers.
 */
function counterDetail(context: ProbeContext, response: StunMessage, first: number): Fields {
	const heard = countAnswer(context, first);
	const counter = attributeOf(response, "transactionTransmitCounter");
	if (counter === undefined) return {};
	if (counter.response === 0) return { counter };
	const upstream = Math.max(0, counter.request - counter.response);
	return { counter, lost: { upstream, downstream: Math.max(0, counter.response - heard) } };
}

function statusDetail(response: StunMessage): Fields {
	const { upstream, downstream } = networkStatusOf(response);
	const told = present({ upstream: toldStatus(upstream), downstream: toldStatus(downstream) });
	return Object.keys(told).length === 0 ? {} : { networkStatus: told };
}

/** One that no node has written into says nothing. */
function toldStatus(status: StunNetworkStatus | null): StunNetworkStatus | undefined {
	return status === null || status.nodeCount === 0 ? undefined : status;
}
