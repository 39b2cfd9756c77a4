// What strangers send: Allocate requests that are not to be believed, and garbage.
import { randomBytes, randomFillSync } from "node:crypto";
import { attributeOf, decodeStun, encodeStun, isDecodeError, shortTermKey } from "@whither/wire";
import { BATCH, LoadSocket, message, Payload } from "./kernel.mjs";

/** REQUESTED-TRANSPORT's UDP (RFC 8656 section 18.7). */
const TRANSPORT = { name: "requestedTransport", value: 17 };
/** As long as a nonce is, with what RFC 8489 has it begin with. */
const NO_NONCE = "obMatJos2AAAB1234567890abcdef";
const ANSWER_MS = 2000;

function allocate(attributes) {
	return encodeStun({ class: "request", method: "allocate", transactionId: randomBytes(12), attributes });
}

function withCredentials(nonce) {
	return allocate([
		TRANSPORT,
		{ name: "username", value: "u" },
		{ name: "realm", value: "r" },
		{ name: "nonce", value: nonce },
		{ name: "messageIntegrity", key: shortTermKey("wrong") },
	]);
}

/** Allocate as anybody can write it: without credentials, and with such as were never right. */
function forgedAllocates() {
	return { payloads: [{ bytes: allocate([TRANSPORT]) }, { bytes: withCredentials(NO_NONCE) }], close: () => {} };
}

/** From clients that there are, each with a nonce that the server gave it: all that is missing is the password. */
function wrongPasswords(place, server) {
	const sockets = Array.from({ length: BATCH }, (_, index) => {
		const local = { address: place.crowd(index), port: 0 };
		return new LoadSocket({ namespace: place.client, local, remote: server, bufferBytes: 0 });
	});
	const payloads = sockets.map((socket, index) => {
		const from = { address: place.crowd(index), port: socket.port };
		return { bytes: withCredentials(nonceFor(socket)), from };
	});
	const close = () => {
		for (const socket of sockets) socket.close();
	};
	return { payloads, close };
}

function nonceFor(socket) {
	socket.send(new Payload(allocate([TRANSPORT])));
	const until = performance.now() + ANSWER_MS;
	while (performance.now() < until) {
		if (socket.receive() === 0) continue;
		const answer = decodeStun(message(0).slice());
		const nonce = isDecodeError(answer) ? undefined : attributeOf(answer, "nonce");
		if (nonce !== undefined) return nonce;
	}
	throw new Error("a server gave no nonce");
}

/** Noise; noise that begins as a STUN message does; ChannelData on channels that nobody has; a cut-off request. */
function garbage() {
	const noise = (length) => randomFillSync(new Uint8Array(length));
	const like = (length) => {
		const bytes = noise(length);
		bytes.set([0x00, 0x03, 0, length - 20, 0x21, 0x12, 0xa4, 0x42]);
		return bytes;
	};
	const channel = (length) => {
		const bytes = noise(length);
		bytes.set([0x40, 0x00, 0, length - 4]);
		return bytes;
	};
	const payloads = [
		noise(60),
		like(100),
		channel(164),
		noise(1),
		noise(200),
		like(44),
		channel(24),
		withCredentials(NO_NONCE).slice(0, 50),
	];
	return { payloads: payloads.map((bytes) => ({ bytes })), close: () => {} };
}

/** By name: what is sent (see `FrameSender`), and what is to be closed afterwards. */
export const HOSTILE = { allocates: forgedAllocates, wrongPasswords, garbage };
