/** The loop behind TUN devices: waits in the kernel for packets and for the time of the next one to leave. */
import { readPacket, Waiter } from "./native/linux.ts";

/** One TUN device and what lies behind it. Times are nanoseconds of one monotonic clock. */
export interface TunPort {
	readonly descriptor: number;
	/** A packet came in; the bytes are the port's own to keep. */
	take(packet: Uint8Array, now: number): void;
	/** Does everything that is due. */
	advance(now: number): void;
	/** When {@link TunPort.advance} is to be called next, or null. */
	readonly nextAt: number | null;
}

/** The largest IP packet. */
const MAX_PACKET = 65_536;
/** Packets taken from one device before what is due gets its turn, so that a flood delays nobody. */
const READ_BATCH = 32;
/** Longest wait; only so that the thread comes up now and then. */
const IDLE_NS = 1e9;

const origin = process.hrtime.bigint();

function monotonicNow(): number {
	return Number(process.hrtime.bigint() - origin);
}

function drain(port: TunPort, buffer: Buffer): "gone" | "open" {
	for (let taken = 0; taken < READ_BATCH; taken++) {
		const length = readPacket(port.descriptor, buffer);
		if (length === "gone") return "gone";
		if (length === null) return "open";
		// A plain array: slice() of a Buffer, or of a copy that is still one, gives a view and not a copy.
		port.take(new Uint8Array(buffer.subarray(0, length)), monotonicNow());
	}
	return "open";
}

function nextOf(ports: readonly TunPort[]): number | null {
	let next: number | null = null;
	for (const { nextAt } of ports) {
		if (nextAt !== null && (next === null || nextAt < next)) next = nextAt;
	}
	return next;
}

/** Carries packets for ever. */
export function carryPackets(ports: readonly TunPort[]): never {
	const waiter = new Waiter(ports.map(({ descriptor }) => descriptor));
	const buffer = Buffer.alloc(MAX_PACKET);
	for (;;) {
		const next = nextOf(ports);
		waiter.wait(next === null ? IDLE_NS : Math.min(IDLE_NS, next - monotonicNow()));
		for (const port of ports) port.advance(monotonicNow());
		ports.forEach((port, index) => {
			if (waiter.ready(index) && drain(port, buffer) === "gone") waiter.drop(index);
		});
		for (const port of ports) port.advance(monotonicNow());
	}
}
