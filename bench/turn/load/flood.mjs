// A flood: so many packets of strangers a second, and what it does to a server.
import { FrameSender } from "./frames.mjs";
import { HOSTILE } from "./hostile.mjs";
import { BATCH } from "./kernel.mjs";
import { processorNs, residentBytes } from "./process-use.mjs";

/** How often the server's memory is looked at. */
const LOOK_MS = 100;
/** Frames of one call, but for the last. */
const FRAMES = 16;

/** Sends `count` frames, `perSecond`; ends early when the server has grown by `mostBytes`. `beside(ms)` is called all the time. */
export function flood(place, { server, pid, kind, count, perSecond, mostBytes, beside = () => {} }) {
	const { payloads, close } = HOSTILE[kind](place, server);
	const sender = new FrameSender(place, server, payloads);
	const [before, processor] = [residentBytes(pid), processorNs(pid)];
	const startedAt = performance.now();
	let [sent, slots, most, lookAt] = [0, 0, before, 0];
	let elapsed = 0;
	while (slots < count && most - before < mostBytes) {
		elapsed = performance.now() - startedAt;
		const due = Math.min(BATCH, count - slots, Math.floor((elapsed * perSecond) / 1000) - slots);
		if (due >= Math.min(FRAMES, count - slots)) {
			sent += sender.send(due);
			slots += due;
		}
		beside(elapsed);
		if (elapsed < lookAt) continue;
		lookAt = elapsed + LOOK_MS;
		most = Math.max(most, residentBytes(pid));
	}
	sender.close();
	close();
	return {
		sent,
		perSecond: (1000 * sent) / elapsed,
		before,
		most: Math.max(most, residentBytes(pid)),
		processorNs: processorNs(pid) - processor,
	};
}
