// Sessions on a relay: each a socket of a client with an allocation and a channel to a socket of a peer. The machine of core
// asks for them; afterwards the sockets carry ChannelData alone.
import { randomBytes } from "node:crypto";
import { TurnClient } from "@whither/core";
import { LoadSocket, message, Payload, ReadySet } from "./kernel.mjs";

/** How many are asked for at once. */
const AT_ONCE = 50;
const LIMIT_MS = 60_000;
const CHANNEL_HEADER = 4;

class Session {
	#machine;
	#server;

	constructor({ place, server, local, peer, bufferBytes }) {
		const { client, target } = place;
		this.#server = server;
		this.socket = new LoadSocket({ namespace: client, local, remote: server, bufferBytes });
		this.peer =
			peer ?? new LoadSocket({ namespace: target, local: { address: place.peerAddress, port: 0 }, bufferBytes });
		this.hasOwnPeer = peer === undefined;
		this.channel = null;
		this.relayed = null;
		this.failure = null;
		const credentials = { kind: "longTerm", username: server.username, password: server.password };
		this.#machine = new TurnClient({ secret: randomBytes(32), server, credentials, keepaliveSeconds: 0 });
		this.peerAddress = { address: place.peerAddress, port: this.peer.port };
	}

	get deadline() {
		return this.#machine.deadline?.at ?? Number.POSITIVE_INFINITY;
	}

	get isSettled() {
		return this.channel !== null || this.failure !== null;
	}

	start() {
		this.step({ type: "allocate" });
	}

	hear() {
		for (let slot = 0, count = this.socket.receive(); slot < count; slot++) {
			this.step({ type: "received", bytes: message(slot).slice(), from: this.#server });
		}
	}

	step(input) {
		for (const output of this.#machine.step(input, now())) {
			if (output.type === "send") this.socket.send(new Payload(output.bytes));
			else if (output.type === "event") this.#told(output.event);
		}
	}

	#told(event) {
		if (event.kind === "allocated") {
			this.relayed = event.relayed[0];
			this.step({ type: "bind", peer: this.peerAddress });
		} else if (event.kind === "bound") {
			this.channel = event.channel;
			if (this.hasOwnPeer) this.peer.connect(this.relayed);
		} else if (["failed", "lost", "unbound", "refused"].includes(event.kind)) {
			this.failure = `${event.kind}: ${event.why} ${event.error?.code ?? ""}`;
		} else if (event.kind === "closed") this.failure = "closed";
	}

	close() {
		this.socket.close();
		if (this.hasOwnPeer) this.peer.close();
	}
}

const now = () => performance.now() * 1e6;

/** Steps sessions until all are settled, `AT_ONCE` at a time; throws at the first that fails. */
function settle(sessions, begin, isDone) {
	const ready = new ReadySet();
	const endsAt = performance.now() + LIMIT_MS;
	const open = new Set();
	let next = 0;
	while (next < sessions.length || open.size > 0) {
		while (open.size < AT_ONCE && next < sessions.length) {
			ready.add(sessions[next].socket.fd, next);
			begin(sessions[next]);
			open.add(next++);
		}
		for (let at = 0, count = ready.wait(1); at < count; at++) sessions[ready.at(at)].hear();
		for (const index of open) {
			const session = sessions[index];
			if (session.deadline <= now()) session.step({ type: "timer" });
			if (!isDone(session)) continue;
			open.delete(index);
			ready.remove(session.socket.fd);
		}
		if (performance.now() > endsAt) throw new Error(`${open.size} sessions are not settled after ${LIMIT_MS} ms`);
	}
	ready.close();
}

/** Opens sessions on a server; `localOf` names each client's own address, `peer` is one socket for all of them. */
export function openSessions({ place, server, count, localOf = () => undefined, peer, bufferBytes }) {
	const make = (_, index) => new Session({ place, server, local: localOf(index), peer, bufferBytes });
	const sessions = Array.from({ length: count }, make);
	settle(
		sessions,
		(session) => session.start(),
		(session) => session.isSettled,
	);
	const failed = sessions.find(({ failure }) => failure !== null);
	if (failed !== undefined) throw new Error(`a session on ${server.address} was not opened: ${failed.failure}`);
	return sessions;
}

/** Ends them: the relay is told. */
export function closeSessions(sessions) {
	settle(
		sessions,
		(session) => session.step({ type: "close" }),
		(session) => session.failure !== null,
	);
	for (const session of sessions) session.close();
}

/** What a client sends to have `bytes` of data relayed (RFC 8656 section 12.4). */
export function channelData({ channel }, bytes) {
	const packet = new Uint8Array(CHANNEL_HEADER + bytes).fill(0xa5);
	const view = new DataView(packet.buffer);
	view.setUint16(0, channel);
	view.setUint16(2, bytes);
	return new Payload(packet);
}

/** What its peer sends. */
export function peerData(bytes) {
	return new Payload(new Uint8Array(bytes).fill(0x5a));
}
