import { type Deadline, type Instant, MILLISECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";
import type { Scenario } from "./scenario.ts";
import { publicAddresses } from "./topology.ts";

const FAMILIES = [4, 6] as const;

const SCENARIO: Scenario = {
	name: "test",
	about: "",
	nodes: { client: { kind: "host" }, router: { kind: "router" }, server: { kind: "host", publicAddresses: 2 } },
	links: [
		{ between: ["client", "router"], delayMs: 1 },
		{ between: ["router", "server"], delayMs: 2 },
	],
	trace: { from: "client", to: "server" },
	lab: true,
	expect: { reached: true, stopReason: "reached", hops: [] },
};

const text = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
const read = (payload: Uint8Array) => String.fromCharCode(...payload);

/** Says what it heard and when; what it answers is the caller's. */
class Recorder implements DatagramProgram {
	readonly heard: { readonly atMs: number; readonly input: ProgramInput }[] = [];
	deadline: Deadline | null = null;
	readonly #ports: readonly number[];
	readonly #answer: (input: ProgramInput, now: Instant) => readonly Datagram[];

	constructor(ports: readonly number[], answer: (input: ProgramInput, now: Instant) => readonly Datagram[] = () => []) {
		this.#ports = ports;
		this.#answer = answer;
	}

	holds({ port }: Endpoint): boolean {
		return this.#ports.includes(port);
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		this.heard.push({ atMs: now / MILLISECOND, input });
		return this.#answer(input, now);
	}

	get datagrams(): readonly Datagram[] {
		return this.heard.flatMap(({ input }) => (input.type === "datagram" ? [input.datagram] : []));
	}
}

function echo(input: ProgramInput): readonly Datagram[] {
	if (input.type !== "datagram") return [];
	const { local, remote, payload } = input.datagram;
	return [{ local, remote, payload }];
}

describe.each(FAMILIES)("IPv%i: a program on a simulated host", (family) => {
	const open = () => {
		const internet = new Internet({ scenario: SCENARIO, family });
		const local = { address: internet.address("client"), port: 5000 };
		return { internet, local, servers: publicAddresses(SCENARIO, "server", family) };
	};

	it("answers datagrams to its ports on every address of its host, from the one that was asked", () => {
		const { internet, local, servers } = open();
		const asking = new Recorder([5000]);
		internet.attach("server", new Recorder([3478, 3479], echo));
		const client = internet.attach("client", asking);
		const asked = servers.flatMap((address) => [3478, 3479].map((port) => ({ address, port })));
		expect(asked).toHaveLength(4);
		client.send(
			asked.map((remote) => ({ local, remote, payload: text(`${remote.port}`) })),
			0,
		);
		internet.advance(100 * MILLISECOND);
		expect(asking.datagrams.map(({ remote, payload }) => ({ remote, payload: read(payload) }))).toEqual(
			asked.map((remote) => ({ remote, payload: `${remote.port}` })),
		);
		expect(asking.datagrams.every(({ ttl }) => ttl === 63)).toBe(true);
		expect(asking.heard.at(-1)?.atMs).toBe(6);
	});

	it("leaves other ports to the host, whose port unreachable its peer's program hears", () => {
		const { internet, local, servers } = open();
		internet.attach("server", new Recorder([3478], echo));
		const asking = new Recorder([5000]);
		const remote = { address: servers[1] ?? "", port: 1 };
		internet.attach("client", asking).send([{ local, remote, payload: text("x") }], 0);
		internet.advance(100 * MILLISECOND);
		const icmp = family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 };
		const error = { local, remote, from: remote.address, icmp };
		expect(asking.heard.at(-1)).toEqual({ atMs: 6, input: { type: "error", error } });
	});

	it("may choose the TTL, and hears who dropped its datagram", () => {
		const { internet, local, servers } = open();
		const asking = new Recorder([5000]);
		const remote = { address: servers[0] ?? "", port: 3478 };
		internet.attach("client", asking).send([{ local, remote, payload: text("x"), ttl: 1 }], 0);
		internet.advance(100 * MILLISECOND);
		const icmp = { type: family === 4 ? 11 : 3, code: 0 };
		expect(asking.heard.at(-1)?.input).toMatchObject({
			type: "error",
			error: { from: internet.address("router"), icmp },
		});
	});

	it("is ticked at once, then at its deadlines, sooner ones that it sets meanwhile included", () => {
		const { internet } = open();
		const due = [10, 4, 8, Number.POSITIVE_INFINITY].map((ms) => ms * MILLISECOND);
		const program = new Recorder([1], () => {
			const at = due.shift() ?? Number.POSITIVE_INFINITY;
			program.deadline = at === Number.POSITIVE_INFINITY ? null : { at, why: "test" };
			return [];
		});
		const attached = internet.attach("server", program);
		internet.advance(2 * MILLISECOND);
		attached.wake(2 * MILLISECOND);
		internet.advance(100 * MILLISECOND);
		expect(program.heard.map(({ atMs }) => atMs)).toEqual([0, 2, 4, 8]);
		expect(internet.nextAt).toBeNull();
	});

	it("that put its deadline off is left alone until then", () => {
		const { internet, local, servers } = open();
		const program = new Recorder([3478], (input) => {
			program.deadline = { at: (input.type === "datagram" ? 50 : 20) * MILLISECOND, why: "test" };
			if (input.type === "tick" && program.heard.length > 2) program.deadline = null;
			return [];
		});
		internet.attach("server", program);
		const remote = { address: servers[0] ?? "", port: 3478 };
		internet.attach("client", new Recorder([5000])).send([{ local, remote, payload: text("x") }], 0);
		internet.advance(100 * MILLISECOND);
		expect(program.heard.map(({ atMs }) => atMs)).toEqual([0, 3, 50]);
	});

	it("shares its host with others, and leaves it", () => {
		const { internet, local, servers } = open();
		const [one, other] = [new Recorder([1]), new Recorder([2])];
		const first = internet.attach("server", one);
		internet.attach("server", other);
		const client = internet.attach("client", new Recorder([5000]));
		const to = (port: number): Datagram => ({ local, remote: { address: servers[0] ?? "", port }, payload: text("x") });
		client.send([to(1), to(2)], 0);
		internet.advance(50 * MILLISECOND);
		first.detach();
		client.send([to(1), to(2)], 50 * MILLISECOND);
		internet.advance(100 * MILLISECOND);
		expect([one.datagrams.length, other.datagrams.length]).toEqual([1, 2]);
	});

	it("cannot send from an address that is not its host's", () => {
		const { internet, servers } = open();
		const client = internet.attach("client", new Recorder([5000]));
		const local = { address: servers[0] ?? "", port: 5000 };
		expect(() => client.send([{ local, remote: local, payload: text("x") }], 0)).toThrow(RangeError);
	});
});
