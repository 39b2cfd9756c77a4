import { describe, expect, it } from "vitest";
import type { Path, PathAnswer, RunOptions } from "../path.fixture.ts";
import { packetLength, runPath, straightPath } from "../path.fixture.ts";

const STEP_MS = 10;

/** What a path does to long packets behind hop `ttl`: `told` null: the router refuses and does not say what it takes. */
interface Narrow {
	readonly ttl: number;
	readonly mtu: number;
	readonly says?: "mtu" | "nothing" | "silent";
	readonly told?: number;
}

/** A straight path of `hops` with narrow links; hops of `silent` never answer, though they may refuse. */
function narrowPath(hops: number, narrow: readonly Narrow[], silent: readonly number[] = []): Path {
	const plain = straightPath(hops, STEP_MS, silent);
	return (send, nowMs) => {
		const drop = narrow.find(({ ttl, mtu }) => send.ttl > ttl && packetLength(send) > mtu);
		if (drop === undefined) return plain(send, nowMs);
		if (drop.says === "silent") return null;
		const mtu = drop.says === "nothing" ? 0 : (drop.told ?? drop.mtu);
		return { type: 3, mtu, delayMs: drop.ttl * STEP_MS, from: `10.0.0.${drop.ttl}` };
	};
}

function discover(path: Path, more: RunOptions = {}) {
	return runPath(path, { ...more, options: { pathMtu: true, ...more.options } });
}

function mtus({ result }: ReturnType<typeof discover>) {
	return result.hops.map(({ mtu }) => mtu);
}

describe("the path MTU where routers tell", () => {
	it("is that of our own link when nobody refuses anything, and nothing but the first query is long", () => {
		const run = discover(narrowPath(4, []));
		expect(run.result.pathMtu).toBe(1500);
		expect(run.result.mtuDrops).toEqual([]);
		expect(mtus(run)).toEqual([1500, 1500, 1500, 1500]);
		expect(run.sent.filter(({ length }) => length === 1500)).toHaveLength(30);
		expect(run.sent.every(({ length }) => length === 1500 || length === 60)).toBe(true);
	});

	it("finds two drops within three round trips", () => {
		const narrow = [
			{ ttl: 3, mtu: 1400 },
			{ ttl: 5, mtu: 1300 },
		];
		const run = discover(narrowPath(7, narrow));
		expect(run.result).toMatchObject({ reached: true, stopReason: "reached", pathMtu: 1300 });
		expect(run.result.mtuDrops).toEqual([
			{ ttl: 3, from: "10.0.0.3", mtu: 1400, found: "told" },
			{ ttl: 5, from: "10.0.0.5", mtu: 1300, found: "told" },
		]);
		expect(mtus(run)).toEqual([1500, 1500, 1500, 1400, 1400, 1300, 1300]);
		expect(run.durationMs).toBeLessThanOrEqual(3 * 70);
		expect(run.result.warnings).toEqual([]);
	});

	it("says in a probe's detail who refused it before, and measures its round trip from when it was sent last", () => {
		const { result } = discover(narrowPath(4, [{ ttl: 2, mtu: 1400 }]));
		const probe = result.hops[3]?.probes[0];
		expect(probe?.rttNs).toBe(40e6);
		expect(probe?.reply?.detail).toEqual({ tooLong: [{ from: "10.0.0.2", length: 1500, mtu: 1400, rttNs: 20e6 }] });
	});

	it("goes down by the lengths of real links where a router does not say, and searches the exact one", () => {
		const run = discover(narrowPath(5, [{ ttl: 2, mtu: 1437, says: "nothing" }]));
		expect(run.result.pathMtu).toBe(1437);
		expect(run.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1437, found: "tried" }]);
	});

	it("does not believe a router that tells no less than what it refused", () => {
		const run = discover(narrowPath(5, [{ ttl: 2, mtu: 1400, told: 1500 }]));
		expect(run.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1400, found: "tried" }]);
	});

	it("does not go on for ever with a router that refuses everything", () => {
		const plain = straightPath(5, STEP_MS);
		const path: Path = (send, nowMs) =>
			send.ttl > 2 ? { type: 3, mtu: 0, delayMs: 20, from: "10.0.0.2" } : plain(send, nowMs);
		const run = discover(path);
		expect(run.result).toMatchObject({ reached: false, stopReason: "unreachable" });
	});

	it("sends again as long as is known where the word about a packet was lost", () => {
		const narrow = narrowPath(5, [{ ttl: 2, mtu: 1400 }]);
		const path: Path = (send, nowMs) => (send.ttl === 5 && packetLength(send) > 1400 ? null : narrow(send, nowMs));
		const run = discover(path);
		expect(run.result.pathMtu).toBe(1400);
		expect(run.result.hops[4]?.probes.slice(0, 3).map(({ status }) => status)).toEqual(["reply", "reply", "reply"]);
	});

	it("uses a word that does not name its packet once that packet was waited for in vain", () => {
		const narrow = narrowPath(5, [{ ttl: 2, mtu: 1400 }]);
		const path: Path = (send, nowMs) => {
			const answer = narrow(send, nowMs);
			const isRefusal = packetLength(send) > 1400 && send.ttl > 2;
			return isRefusal && answer !== null ? { ...(answer as PathAnswer), quote: "short" } : answer;
		};
		const run = discover(path);
		expect(run.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1400, found: "told" }]);
		expect(run.result.pathMtu).toBe(1400);
	});

	it("knows as much as answers come where the target is silent", () => {
		const run = discover(narrowPath(6, [{ ttl: 2, mtu: 1400 }], [6]), { options: { maxTtl: 8 } });
		expect(run.result).toMatchObject({ reached: false, stopReason: "maxHops", pathMtu: 1400 });
		expect(run.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1400, found: "told" }]);
	});

	it("starts again shorter where our own link takes less than was thought", () => {
		const error = { code: "messageTooLong", call: "sendmsg", address: null, errno: 90, errnoName: "EMSGSIZE" } as const;
		const run = discover(narrowPath(4, []), {
			sending: (send) =>
				packetLength(send) > 1380
					? {
							type: "sendFailed",
							sequence: (send.packet.bytes[0] ?? 0) * 256 + (send.packet.bytes[1] ?? 0),
							error: { ...error, mtu: 1380 },
							transient: false,
						}
					: null,
		});
		expect(run.result).toMatchObject({ reached: true, pathMtu: 1380, mtuDrops: [] });
	});
});

describe("the path MTU where packets vanish", () => {
	it("is found to the byte, with the hop behind which they do", () => {
		for (const mtu of [1499, 1437, 1400, 1280, 1111, 700, 100]) {
			const run = discover(narrowPath(6, [{ ttl: 3, mtu, says: "silent" }]));
			expect(run.result.mtuDrops).toEqual([{ ttl: 3, from: "10.0.0.3", mtu, found: "tried" }]);
			expect(run.result.pathMtu).toBe(mtu);
			expect(run.result.warnings).toEqual([{ code: "mtuBlackHole", ttl: 3, from: "10.0.0.3", mtu }]);
			expect(mtus(run)).toEqual([1500, 1500, 1500, mtu, mtu, mtu]);
			expect(run.durationMs).toBeLessThan(1500);
		}
	});

	it("is found before the first hop and behind a silent one", () => {
		const first = discover(narrowPath(4, [{ ttl: 0, mtu: 1450, says: "silent" }]));
		expect(first.result.mtuDrops).toEqual([{ ttl: 0, from: null, mtu: 1450, found: "tried" }]);
		const silent = discover(narrowPath(6, [{ ttl: 3, mtu: 1450, says: "silent" }], [3]));
		expect(silent.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1450, found: "tried" }]);
	});

	it("is found behind two holes and one that tells", () => {
		const narrow: Narrow[] = [
			{ ttl: 1, mtu: 1480 },
			{ ttl: 2, mtu: 1400, says: "silent" },
			{ ttl: 5, mtu: 1333, says: "silent" },
		];
		const run = discover(narrowPath(8, narrow));
		expect(run.result.mtuDrops).toEqual([
			{ ttl: 1, from: "10.0.0.1", mtu: 1480, found: "told" },
			{ ttl: 2, from: "10.0.0.2", mtu: 1400, found: "tried" },
			{ ttl: 5, from: "10.0.0.5", mtu: 1333, found: "tried" },
		]);
		expect(run.result.pathMtu).toBe(1333);
	});

	it("is found where a router behind the hole tells of its own", () => {
		const narrow: Narrow[] = [
			{ ttl: 2, mtu: 1400, says: "silent" },
			{ ttl: 5, mtu: 1333 },
		];
		const run = discover(narrowPath(8, narrow));
		expect(run.result.mtuDrops).toEqual([
			{ ttl: 2, from: "10.0.0.2", mtu: 1400, found: "tried" },
			{ ttl: 5, from: "10.0.0.5", mtu: 1333, found: "told" },
		]);
		expect(run.result.pathMtu).toBe(1333);
	});

	it("is not mistaken for the loss of one long packet, or of all that were sent first", () => {
		for (const lost of [[5], [4, 5], [1, 2, 3, 4, 5]]) {
			const plain = straightPath(5, STEP_MS);
			const seen = new Set<number>();
			const path: Path = (send, nowMs) => {
				const first = packetLength(send) === 1500 && !seen.has(send.ttl);
				if (first) seen.add(send.ttl);
				return first && lost.includes(Math.min(send.ttl, 5)) ? null : plain(send, nowMs);
			};
			const run = discover(path);
			expect(run.result).toMatchObject({ pathMtu: 1500, mtuDrops: [], warnings: [] });
		}
	});

	it("is not what keeps a target silent that dislikes every long packet", () => {
		const plain = straightPath(5, STEP_MS);
		const path: Path = (send, nowMs) => (send.ttl >= 5 && packetLength(send) > 60 ? null : plain(send, nowMs));
		expect(discover(path).result).toMatchObject({ pathMtu: null, mtuDrops: [], warnings: [] });
	});

	it("is found where the target answers once a second", () => {
		let answeredAt = Number.NEGATIVE_INFINITY;
		let burst = 6;
		const narrow = narrowPath(5, [{ ttl: 2, mtu: 1437, says: "silent" }]);
		const path: Path = (send, nowMs) => {
			const answer = narrow(send, nowMs);
			if (send.ttl < 5 || answer === null) return answer;
			burst = Math.min(6, burst + (nowMs - Math.max(answeredAt, 0)) / 1000);
			answeredAt = nowMs;
			if (burst < 1) return null;
			burst--;
			return answer;
		};
		const run = discover(path);
		expect(run.result.mtuDrops).toEqual([{ ttl: 2, from: "10.0.0.2", mtu: 1437, found: "tried" }]);
	});

	it("is given up where nothing is left of the answers", () => {
		const narrow = narrowPath(5, [{ ttl: 2, mtu: 1437, says: "silent" }]);
		const path: Path = (send, nowMs) => (nowMs > 5 && send.ttl >= 5 ? null : narrow(send, nowMs));
		const run = discover(path);
		expect(run.result).toMatchObject({ stopReason: "reached", mtuDrops: [] });
	});
});
