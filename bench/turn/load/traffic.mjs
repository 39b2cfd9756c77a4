// Traffic through sessions: so many packets a second, or as many as are let through.
import { BATCH, lengthOf, Payload, ReadySet, receiveFrom, SOL_UDP, setInteger, UDP_SEGMENT } from "./kernel.mjs";
import { processorNs } from "./process-use.mjs";
import { channelData, peerData } from "./sessions.mjs";

/** What a stall of ours may be made up for at once; a server is not to be hit by more than it would have been. */
const CATCH_UP = 8;
/** After so long without an arrival what is out is taken for lost. */
const STALL_MS = 20;
/** For the last packets to arrive. */
const SETTLE_MS = 20;

/** Both ends of every session, as what they send and where that arrives; `echo`: peers send everything back. */
class Ends {
	#ready = new ReadySet();
	#echo;
	#back;
	#least;

	constructor(sessions, { bytes, echo }) {
		this.sessions = sessions;
		this.#echo = echo;
		this.#least = bytes;
		this.#back = peerData(bytes);
		this.counts = sessions.map(() => ({ atPeer: 0, atClient: 0 }));
		this.outgoing = sessions.map((session) => channelData(session, bytes));
		this.damaged = 0;
		sessions.forEach(({ socket, peer }, index) => {
			this.#ready.add(socket.fd, 2 * index);
			this.#ready.add(peer.fd, 2 * index + 1);
		});
	}

	/** Takes what has arrived, and has it sent back. */
	drain(timeoutMs = 0) {
		const count = this.#ready.wait(timeoutMs);
		for (let at = 0; at < count; at++) {
			const index = this.#ready.at(at);
			this.#take(index >> 1, (index & 1) === 1);
		}
		return count;
	}

	#take(index, isPeer) {
		const { socket, peer } = this.sessions[index];
		const counts = this.counts[index];
		const taken = receiveFrom((isPeer ? peer : socket).fd);
		for (let slot = 0; slot < taken; slot++) if (lengthOf(slot) < this.#least) this.damaged++;
		if (!isPeer) counts.atClient += taken;
		else {
			counts.atPeer += taken;
			if (this.#echo && taken > 0) peer.send(this.#back, taken);
		}
	}

	get total() {
		let [atPeer, atClient] = [0, 0];
		for (const counts of this.counts) {
			atPeer += counts.atPeer;
			atClient += counts.atClient;
		}
		return { atPeer, atClient };
	}

	close() {
		for (const { socket, peer } of this.sessions) {
			this.#ready.remove(socket.fd);
			this.#ready.remove(peer.fd);
		}
		this.#ready.close();
	}
}

function settle(ends) {
	const until = performance.now() + SETTLE_MS;
	while (performance.now() < until) ends.drain(1);
}

/**
 * Packets from clients to peers and back, `perSecond` of them from clients, evenly over time and sessions; `beside(ms)` is
 * called all the time. What was relayed is counted where it arrived, one for each way.
 */
export function paced(sessions, { pid, bytes, perSecond, seconds, beside = () => {} }) {
	const ends = new Ends(sessions, { bytes, echo: true });
	const before = processorNs(pid);
	const startedAt = performance.now();
	let [slot, sent] = [0, 0];
	for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - startedAt) {
		const due = Math.floor((elapsed * perSecond) / 1000) - slot;
		slot += Math.max(0, due - CATCH_UP);
		for (let left = Math.min(due, CATCH_UP); left > 0; left--) {
			const index = slot++ % sessions.length;
			sent += sessions[index].socket.send(ends.outgoing[index]);
		}
		ends.drain();
		beside(elapsed);
	}
	settle(ends);
	const processor = processorNs(pid) - before;
	const { atPeer, atClient } = ends.total;
	ends.close();
	return { seconds, sent, relayed: atPeer + atClient, lost: 2 * sent - atPeer - atClient, processorNs: processor };
}

/** As many there and back as a server takes, `window` of each session at a time; sessions take turns packet by packet. */
export function saturated(sessions, { pid, bytes, seconds, window }) {
	const ends = new Ends(sessions, { bytes, echo: true });
	const out = sessions.map(() => 0);
	const before = processorNs(pid);
	const startedAt = performance.now();
	let movedAt = startedAt;
	let [sent, lost] = [0, 0];
	for (let now = startedAt; now - startedAt < seconds * 1000; now = performance.now()) {
		const arrived = ends.total.atClient;
		for (let pass = 0; pass < window; pass++) {
			sessions.forEach(({ socket }, index) => {
				if (out[index] - ends.counts[index].atClient >= window) return;
				const taken = socket.send(ends.outgoing[index]);
				out[index] += taken;
				sent += taken;
			});
		}
		ends.drain();
		if (ends.total.atClient > arrived) movedAt = now;
		else if (now - movedAt > STALL_MS) {
			movedAt = now;
			sessions.forEach((_, index) => {
				lost += out[index] - ends.counts[index].atClient;
				out[index] = ends.counts[index].atClient;
			});
		}
	}
	settle(ends);
	const processor = processorNs(pid) - before;
	const { atPeer, atClient } = ends.total;
	ends.close();
	return { seconds, sent, relayed: atPeer + atClient, lost, processorNs: processor };
}

/** The same packet `segments` times, which the kernel takes as one and its network as many (UDP_SEGMENT). */
function train(socket, payload, segments) {
	setInteger(socket.fd, { level: SOL_UDP, name: UDP_SEGMENT, value: payload.length });
	const bytes = new Uint8Array(payload.length * segments);
	for (let index = 0; index < segments; index++) bytes.set(payload.bytes, index * payload.length);
	return new Payload(bytes);
}

/**
 * One flow one way, as fast as the server takes it: at most `window` packets are on their way. With `segments` above one the
 * sender hands over so many at once, as senders of much data do.
 */
export function heavyFlow(session, { pid, bytes, seconds, toPeer, segments, window }) {
	const [from, to] = toPeer ? [session.socket, session.peer] : [session.peer, session.socket];
	const packet = toPeer ? channelData(session, bytes) : peerData(bytes);
	const payload = segments > 1 ? train(from, packet, segments) : packet;
	const before = processorNs(pid);
	const startedAt = performance.now();
	let movedAt = startedAt;
	let [sent, out, arrived, lost] = [0, 0, 0, 0];
	const take = () => {
		for (let taken = to.receive(); taken > 0; taken = taken === BATCH ? to.receive() : 0) arrived += taken;
	};
	for (let now = startedAt; now - startedAt < seconds * 1000; now = performance.now()) {
		const sends = Math.min(BATCH, Math.floor((window - out + arrived) / segments));
		if (sends > 0) {
			const taken = from.send(payload, sends) * segments;
			sent += taken;
			out += taken;
		}
		const had = arrived;
		take();
		if (arrived > had) movedAt = now;
		else if (now - movedAt > STALL_MS) {
			movedAt = now;
			lost += out - arrived;
			out = arrived;
		}
	}
	const until = performance.now() + SETTLE_MS;
	while (performance.now() < until) take();
	if (segments > 1) setInteger(from.fd, { level: SOL_UDP, name: UDP_SEGMENT, value: 0 });
	return { seconds, sent, relayed: arrived, lost, processorNs: processorNs(pid) - before };
}
