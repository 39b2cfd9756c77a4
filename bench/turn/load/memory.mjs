// What allocations take of a server's memory.
import { LoadSocket } from "./kernel.mjs";
import { descriptors, processorNs, residentBytes } from "./process-use.mjs";
import { closeSessions, openSessions } from "./sessions.mjs";

/** Opens allocations with a channel each, in steps, and closes them again; what the server had at each step. */
export function allocations(place, { server, pid, counts }) {
	const peer = new LoadSocket({ namespace: place.target, local: { address: place.peerAddress, port: 0 } });
	const sessions = [];
	const look = () => ({ count: sessions.length, bytes: residentBytes(pid), descriptors: descriptors(pid) });
	const steps = [look()];
	const before = processorNs(pid);
	const startedAt = performance.now();
	for (const count of counts) {
		const localOf = (index) => ({ address: place.crowd(sessions.length + index), port: 0 });
		const more = { place, server, peer, localOf, count: count - sessions.length, bufferBytes: 0 };
		sessions.push(...openSessions(more));
		steps.push(look());
	}
	const [durationMs, processor] = [performance.now() - startedAt, processorNs(pid) - before];
	closeSessions(sessions);
	peer.close();
	return { steps, perSecond: (1000 * sessions.length) / durationMs, processorNs: processor, after: residentBytes(pid) };
}
