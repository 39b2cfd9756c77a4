import { describe, expect, it, vi } from "vitest";
import { ProbeStamps } from "../channel/probe-stamps.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import type { Workspace } from "../native/workspace.ts";
import { TIME_EXCEEDED_V4 } from "../testing/captured.ts";
import type { BorrowedChannel } from "./borrowed-channel.ts";
import type { MediaBooks } from "./media-books.ts";
import { MediaHearing } from "./media-hearing.ts";
import { ProbeNames } from "./probe-names.ts";

/** The captured error is about a packet to here; its ICMP type and code stand at these places of the control data. */
const TOWARDS = { address: "10.99.1.2", port: 33_434 };
const TYPE_AT = 133;

/** Time Exceeded of 10.99.0.2, or another type, that quotes so much of the payload "whither!". */
function error(quotedBytes: number, type = 11): IncomingMessage {
	const control = TIME_EXCEEDED_V4.control.slice();
	control[TYPE_AT] = type;
	return { ...TIME_EXCEEDED_V4, data: TIME_EXCEEDED_V4.data.slice(0, quotedBytes), control, flags: 0 };
}

function channel(towards = TOWARDS, ownerSent = false) {
	const refused = vi.fn();
	const isTowards = ({ address, port }: typeof TOWARDS) => address === towards.address && port === towards.port;
	return { refused, ownerSent, isTowards } as unknown as BorrowedChannel & { refused: typeof refused };
}

/** A socket whose error queue holds one entry. */
function hear(message: IncomingMessage, borrowers: readonly BorrowedChannel[], probes: readonly string[] = []) {
	const incoming = { slots: 32, reset: () => {}, address: () => 0, message: () => message };
	const libc = { recvmmsg: () => 1, setsockopt: () => 0 };
	const scratch = { view: new DataView(new ArrayBuffer(64)), bytes: new Uint8Array(64), address: 0 };
	const workspace = { libc, incoming, scratch } as unknown as Workspace;
	const clock = { now: () => 0, fromRealtime: () => 0, toUnix: () => 0n, startedAt: "" };
	const probeNames = new ProbeNames<BorrowedChannel>();
	for (const probe of probes) probeNames.record(new TextEncoder().encode(probe), borrowers[0] as BorrowedChannel, 0);
	const books: MediaBooks = {
		...{ workspace, clock, fd: 3, family: 4, local: { address: "10.99.0.1", port: 5 }, probeNames },
		counters: { sent: 0, received: 0, sentAgain: 0, dropped: 0 },
		stamps: new ProbeStamps({ workspace, fd: 3, stamps: "asked" }),
		borrowers: new Set(borrowers),
	};
	const hearing = new MediaHearing(books);
	expect(hearing.readErrors()).toBe(1);
	return hearing.nextNews();
}

describe("an ICMP error on a socket that is lent", () => {
	it("is its trace's where it quotes one of its probes", () => {
		const trace = channel();
		expect(hear(error(8), [trace], ["whither!"])).toBeUndefined();
		expect(trace.refused).toHaveBeenCalledOnce();
	});

	it("is the owner's where it quotes anything else", () => {
		const trace = channel();
		const news = hear(error(8), [trace], ["whither?"]);
		expect(news).toMatchObject({ type: "refused", error: { from: "10.99.0.2", icmp: { type: 11, code: 0 } } });
		expect(trace.refused).not.toHaveBeenCalled();
	});

	it("that quotes next to nothing is the trace's when something expired on its way", () => {
		const [trace, other] = [channel(), channel({ ...TOWARDS, port: 9 })];
		expect(hear(error(0), [trace, other])).toBeUndefined();
		expect([trace.refused.mock.calls.length, other.refused.mock.calls.length]).toEqual([1, 0]);
	});

	it("and the owner's when there is no such trace", () => {
		expect(hear(error(0), [channel({ ...TOWARDS, port: 9 })])).toMatchObject({ type: "refused" });
	});

	it("is told to both when it may be about either, but to no trace whose owner has sent", () => {
		const [trace, busy] = [channel(), channel(TOWARDS, true)];
		expect(hear(error(0, 3), [trace, busy])).toMatchObject({ type: "refused", error: { icmp: { type: 3 } } });
		expect([trace.refused.mock.calls.length, busy.refused.mock.calls.length]).toEqual([1, 0]);
	});
});
