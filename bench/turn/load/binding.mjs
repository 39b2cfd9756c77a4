// Binding requests from many sockets at once, as many as a server answers.
import { randomFillSync } from "node:crypto";
import { encodeStun } from "@whither/wire";
import { BATCH, LoadSocket, Payload, ReadySet, receiveFrom, typeOf } from "./kernel.mjs";
import { processorNs } from "./process-use.mjs";

const BINDING_SUCCESS = 0x0101;
const STALL_MS = 20;

/** Where each request's transaction id stands. */
const ID_AT = 8;
const ID_BYTES = 12;

function request(isFingerprinted) {
	const transactionId = randomFillSync(new Uint8Array(ID_BYTES));
	const attributes = isFingerprinted ? [{ name: "fingerprint" }] : [];
	return new Payload(encodeStun({ class: "request", method: "binding", transactionId, attributes }));
}

/** `window` requests of each of `sockets` sockets, each at another address, are out at a time. */
export function bindings(place, { server, pid, seconds, sockets, window, fingerprint }) {
	const ready = new ReadySet();
	const ends = Array.from({ length: sockets }, (_, index) => ({
		socket: new LoadSocket({
			namespace: place.client,
			local: { address: place.crowd(index), port: 0 },
			remote: server,
		}),
		payload: request(fingerprint),
		out: 0,
	}));
	for (const [index, { socket }] of ends.entries()) ready.add(socket.fd, index);
	const before = processorNs(pid);
	const startedAt = performance.now();
	let [answered, wrong, lost, movedAt] = [0, 0, 0, startedAt];
	for (let now = startedAt; now - startedAt < seconds * 1000; now = performance.now()) {
		for (const end of ends) {
			if (end.out >= window) continue;
			// Without FINGERPRINT every round has ids of its own; with it the checksum would have to be made again.
			if (!fingerprint) end.payload.view.setUint32(ID_AT + 8, answered);
			end.out += end.socket.send(end.payload, Math.min(BATCH, window - end.out));
		}
		for (let at = 0, count = ready.wait(0); at < count; at++) {
			const end = ends[ready.at(at)];
			const taken = receiveFrom(end.socket.fd);
			for (let slot = 0; slot < taken; slot++) if (typeOf(slot) !== BINDING_SUCCESS) wrong++;
			end.out = Math.max(0, end.out - taken);
			answered += taken;
			if (taken > 0) movedAt = now;
		}
		if (now - movedAt <= STALL_MS) continue;
		movedAt = now;
		for (const end of ends) {
			lost += end.out;
			end.out = 0;
		}
	}
	const processor = processorNs(pid) - before;
	for (const { socket } of ends) socket.close();
	ready.close();
	return { seconds, answered: answered - wrong, wrong, lost, processorNs: processor };
}
