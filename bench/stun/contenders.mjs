// Who writes and reads the message: each a name and the two works.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { attributeOf, decodeStun, encodeStun, shortTermKey, verifyFingerprint, verifyIntegrity } from "@whither/wire";

const PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt";
const USERNAME = "evtj:h6vY";
const PRIORITY = 1_845_494_271;
const TIE_BREAKER = 0x932ff9b151263b36n;
const ID = Uint8Array.from({ length: 12 }, (_, index) => 7 * index + 1);
const key = shortTermKey(PASSWORD);

/** What everybody writes: USERNAME, PRIORITY, ICE-CONTROLLING, MESSAGE-INTEGRITY, FINGERPRINT. */
export const FIELDS = {
	class: "request",
	method: "binding",
	transactionId: ID,
	attributes: [
		{ name: "username", value: USERNAME },
		{ name: "priority", value: PRIORITY },
		{ name: "iceControlling", value: TIE_BREAKER },
		{ name: "messageIntegrity", key },
		{ name: "fingerprint" },
	],
};

function whither(bytes) {
	const read = () => {
		const message = decodeStun(bytes);
		return (
			verifyIntegrity(message, key) &&
			verifyFingerprint(message) &&
			attributeOf(message, "username") === USERNAME &&
			message.attributes.length === 5
		);
	};
	return { name: "whither", write: () => encodeStun(FIELDS), read, check: () => must(read(), "whither reads it") };
}

/** The floor of everybody who lets Node make the digests: no message around them. */
function digestsAlone(bytes) {
	const protectedPart = bytes.subarray(0, bytes.length - 32);
	const rest = bytes.subarray(0, bytes.length - 8);
	const work = () => createHmac("sha1", PASSWORD).update(protectedPart).digest()[0] + crc32(rest);
	return { name: "node:crypto and zlib, digests alone", write: work, read: work };
}

function werift(bytes, load) {
	const { Message, parseMessage, classes, methods } = load("werift");
	const [method, kind] = [methods?.BINDING ?? 1, classes?.REQUEST ?? 0];
	const id = Buffer.from(ID);
	const secret = Buffer.from(PASSWORD);
	const read = () => parseMessage(bytes, secret);
	const write = () =>
		new Message(method, kind, id)
			.setAttribute("USERNAME", USERNAME)
			.setAttribute("PRIORITY", PRIORITY)
			.setAttribute("ICE-CONTROLLING", TIE_BREAKER)
			.addMessageIntegrity(secret)
			.addFingerprint().bytes;
	const check = () => {
		must(read()?.getAttributeValue("USERNAME") === USERNAME, "werift reads it");
		must(write().equals(bytes), "werift writes the same");
	};
	return { name: "werift", write, read, check };
}

function stun(bytes, load) {
	const { constants, createMessage, decode, encode, validateFingerprint, validateMessageIntegrity } = load("stun");
	const id = Buffer.from(ID);
	const tieBreaker = Buffer.alloc(8);
	tieBreaker.writeBigUInt64BE(TIE_BREAKER);
	const read = () => {
		const message = decode(bytes);
		return validateMessageIntegrity(message, PASSWORD) && validateFingerprint(message);
	};
	const write = () => {
		const message = createMessage(constants.STUN_BINDING_REQUEST, id);
		message.addUsername(USERNAME);
		message.addPriority(PRIORITY);
		message.addIceControlling(tieBreaker);
		message.addMessageIntegrity(PASSWORD);
		message.addFingerprint();
		return encode(message);
	};
	const check = () => {
		must(read(), "stun reads it");
		must(write().equals(bytes), "stun writes the same");
	};
	return { name: "stun", write, read, check };
}

function must(holds, what) {
	if (!holds) throw new Error(`it is not so that ${what}`);
}

/** Ours first. A peer that is not there has a row that says so. */
export function contenders(bytes) {
	const folder = process.env.PEERS;
	const load = folder === undefined ? null : createRequire(join(folder, "package.json"));
	const peers = [
		["werift", werift],
		["stun", stun],
	].map(([name, make]) => {
		if (load === null) return { name, missing: "not measured: PEERS names no folder that it is installed in" };
		try {
			return make(bytes, load);
		} catch (error) {
			return { name, missing: `not measured: ${error.message.split("\n")[0]}` };
		}
	});
	return [whither(bytes), ...peers, digestsAlone(bytes)];
}
