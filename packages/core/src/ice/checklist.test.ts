import { describe, expect, test } from "vitest";
import type { LocalCandidate, RemoteCandidate } from "./candidate.ts";
import { ChecklistSet } from "./checklist.ts";
import { type Pair, RECHECK_AFTER_NS } from "./pair.ts";

const local = (more: Partial<LocalCandidate> = {}): LocalCandidate => ({
	...{ stream: 0, component: 1, type: "host", transport: "udp", tcpType: null, address: "198.51.100.1", port: 1 },
	...{ priority: 100, foundation: "L", related: null, base: 0, localPreference: 1, name: null, server: null },
	...more,
});
const remote = (more: Partial<RemoteCandidate> = {}): RemoteCandidate => ({
	...{ stream: 0, component: 1, type: "host", transport: "udp", tcpType: null, address: "198.51.100.2", port: 1 },
	...{ priority: 100, foundation: "R", related: null },
	...more,
});

function listWith(maximumPairs = 100) {
	const removed: Pair[] = [];
	let id = 0;
	const nothing = () => {};
	const list = new ChecklistSet({
		...{ maximumPairs, isControlling: () => true, nextId: () => ++id, added: nothing, changed: nothing },
		removed: (pair) => removed.push(pair),
	});
	const add = (ours: Partial<LocalCandidate>, theirs: Partial<RemoteCandidate>) => {
		const pair = list.add(local(ours), remote(theirs), 0);
		if (pair === null) throw new Error("they cannot be paired");
		return pair;
	};
	return { list, removed, add };
}

describe("pairs", () => {
	test.each([
		["of other components", { component: 2 }],
		["of other streams", { stream: 1 }],
		["of other families", { address: "2001:db8::1" }],
		["of other transports", { transport: "tcp", tcpType: "passive" }],
		["of our own machine with another", { address: "127.0.0.1" }],
		["without a port", { port: 0 }],
	] as const)("are not made %s", (_, theirs) => {
		expect(listWith().list.add(local(), remote(theirs), 0)).toBeNull();
	});

	test("of one link stay on it", () => {
		const { list } = listWith();
		const linkLocal = { address: "fe80::1" };
		expect(list.add(local(linkLocal), remote({ address: "2001:db8::1" }), 0)).toBeNull();
		expect(list.add(local({ address: "2001:db8::1" }), remote(linkLocal), 0)).toBeNull();
		expect(list.add(local(linkLocal), remote({ address: "fe80::2" }), 0)).not.toBeNull();
	});

	test.each([
		["active", "passive", true],
		["active", "active", false],
		["active", "so", false],
		["so", "so", true],
		["so", "passive", false],
		["passive", "active", false],
	] as const)("of TCP: %s with %s", (ours, theirs, isPair) => {
		const pair = listWith().list.add(
			local({ transport: "tcp", tcpType: ours }),
			remote({ transport: "tcp", tcpType: theirs }),
			0,
		);
		expect(pair !== null).toBe(isPair);
	});

	test("of one base and one remote end are one", () => {
		const { add } = listWith();
		expect(add({ type: "srflx", port: 9 }, {})).toBe(add({}, {}));
	});

	test("are no more than allowed: failed ones go first, then those that are worth least", () => {
		const { list, removed, add } = listWith(3);
		const pairs = [10, 20, 30].map((priority) => add({}, { priority, port: priority }));
		expect(list.add(local(), remote({ priority: 5, port: 5 }), 0)).toBeNull();
		add({}, { priority: 40, port: 40 });
		expect(removed).toEqual([pairs[0]]);
		if (pairs[2] !== undefined) pairs[2].state = "failed";
		expect(list.add(local(), remote({ priority: 5, port: 5 }), 0)).not.toBeNull();
		expect(removed).toEqual([pairs[0], pairs[2]]);
		expect(list.size).toBe(3);
	});
});

test("no more pairs than allowed are all streams' together", () => {
	const { list, removed, add } = listWith(4);
	for (const stream of [0, 1])
		for (const port of [1, 2]) add({ stream, base: stream }, { stream, port, priority: 10 * port + stream });
	expect(list.add(local({ stream: 1, base: 1 }), remote({ stream: 1, port: 9, priority: 5 }), 0)).toBeNull();
	add({ stream: 1, base: 1 }, { stream: 1, port: 3, priority: 99 });
	expect([list.size, removed.map(({ local: { stream }, remote: { port } }) => [stream, port])]).toEqual([4, [[0, 1]]]);
});

describe("frozen pairs", () => {
	const states = (pairs: readonly Pair[]) => pairs.map(({ state }) => state);

	test("wait one a foundation: that of the first stream, its lowest component, its highest priority", () => {
		const { list, add } = listWith();
		const pairs = [
			add({ stream: 1, base: 3 }, { stream: 1, priority: 900 }),
			add({ component: 2, base: 1 }, { component: 2, priority: 900 }),
			add({}, { priority: 10 }),
			add({}, { priority: 20, port: 2 }),
			add({}, { priority: 1, port: 3, foundation: "other" }),
		];
		list.thaw(0);
		expect(states(pairs)).toEqual(["frozen", "frozen", "frozen", "waiting", "waiting"]);
	});

	test("thaw everywhere when one of their foundation has succeeded", () => {
		const { list, add } = listWith();
		const pairs = [
			add({}, {}),
			add({ component: 2, base: 1 }, { component: 2 }),
			add({}, { foundation: "other", port: 2 }),
		];
		list.thaw(0);
		list.thawLike(pairs[0]?.foundation ?? "", 0);
		expect(states(pairs)).toEqual(["waiting", "waiting", "waiting"]);
	});

	test("thaw when nothing else waits and nothing of their foundation is under way", () => {
		const { list, add } = listWith();
		const [first, second] = [add({}, { priority: 20 }), add({}, { priority: 10, port: 2 })];
		list.thaw(0);
		expect(list.next(0)).toBe(first);
		first.state = "inProgress";
		expect([list.hasWork, list.next(0)]).toEqual([false, null]);
		first.state = "failed";
		expect(list.next(0)).toBe(second);
	});

	test("thaw when what is under way has been sent anew in vain as often as it ever is", () => {
		const { list, add } = listWith();
		const [first, second] = [add({}, { priority: 20 }), add({}, { priority: 10, port: 2 })];
		list.thaw(0);
		list.next(0);
		Object.assign(first, { state: "inProgress", rechecks: RECHECK_AFTER_NS.length - 1 });
		expect([list.hasWork, list.next(0)]).toEqual([false, null]);
		first.rechecks++;
		expect([list.hasWork, list.next(0)]).toEqual([true, second]);
	});

	test("that come later wait at once where one of their foundation has succeeded", () => {
		const { list, add } = listWith();
		add({}, {}).state = "succeeded";
		const late = add({}, { port: 2 });
		list.thaw(0);
		expect(late.state).toBe("waiting");
	});
});

describe("the next check", () => {
	test("is a triggered one, first in, first out, then the one of the highest priority", () => {
		const { list, add } = listWith();
		const pairs = [1, 2, 3].map((priority) => add({}, { priority, port: priority, foundation: String(priority) }));
		list.thaw(0);
		for (const pair of pairs.slice(0, 2)) list.trigger(pair, 0);
		const order = [0, 1, 2].map(() => {
			const pair = list.next(0);
			if (pair !== null) pair.state = "inProgress";
			return pair;
		});
		expect(order).toEqual(pairs);
		expect([list.hasWork, list.next(0)]).toEqual([false, null]);
	});

	test("takes turns between host, reflexive and relayed candidates, until one works", () => {
		const { list, add } = listWith();
		const at = (type: RemoteCandidate["type"], priority: number) =>
			add({}, { type, priority, port: priority, foundation: `R${priority}` });
		const pairs = [at("host", 60), at("host", 59), at("host", 58), at("srflx", 40), at("prflx", 39), at("relay", 10)];
		list.thaw(0);
		const next = () => {
			const pair = list.next(0);
			if (pair !== null) pair.state = "inProgress";
			return pair?.remote.priority;
		};
		expect([next(), next(), next(), next()]).toEqual([60, 40, 10, 59]);
		if (pairs[3] !== undefined) pairs[3].state = "succeeded";
		expect([next(), next()]).toEqual([58, 39]);
	});

	test("that is only tried again comes after triggered ones and before ordinary ones", () => {
		const { list, add } = listWith();
		const [ordinary, again, triggered] = [30, 20, 10].map((priority) =>
			add({}, { priority, port: priority, foundation: `R${priority}` }),
		);
		list.thaw(0);
		if (again !== undefined) list.hurry(again, 0);
		if (triggered !== undefined) list.trigger(triggered, 0);
		expect([list.next(0), list.next(0), list.next(0)]).toEqual([triggered, again, ordinary]);
	});

	test("goes through the streams in turns", () => {
		const { list, add } = listWith();
		for (const stream of [0, 1])
			for (const port of [1, 2]) add({ stream, base: stream }, { stream, port, foundation: `${stream} ${port}` });
		list.thaw(0);
		const streams = [0, 1, 2, 3].map(() => {
			const pair = list.next(0);
			if (pair !== null) pair.state = "inProgress";
			return pair?.local.stream;
		});
		expect(streams).toEqual([0, 1, 0, 1]);
	});
});
