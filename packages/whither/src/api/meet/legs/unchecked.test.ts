import { natKind, natWorld } from "@whither/sim";
import type { IceCandidateLine } from "@whither/wire";
import { beforeEach, describe, expect, test } from "vitest";
import type { MeetEvent } from "../events.ts";
import { meet } from "../meet.ts";
import type { MeetRequestOptions } from "../options.ts";
import type { MeetMessage } from "../signalling/message.ts";
import type { Signalling, SignallingListener } from "../signalling/signalling.ts";
import { simulatedMeet } from "../simulated.ts";
import type { MeetIce, MeetWorld } from "../world.ts";

/** A phone that knows no ICE, at the other end of a call: it takes packets at one place, and may send them back. */
class Phone {
	readonly said: MeetMessage[] = [];
	readonly reached: { readonly send: boolean; readonly receive: boolean }[] = [];
	readonly ice: MeetIce;
	readonly #echoes: boolean;
	listener: SignallingListener | null = null;
	at: IceCandidateLine | null = null;
	/** How often it was told that no check has succeeded. */
	unproved = 0;
	/** Packets of media that have come. */
	heard = 0;

	constructor(world: MeetWorld, { echoes = true } = {}) {
		this.#echoes = echoes;
		this.ice = world.openIce(
			{ role: "controlled" },
			{
				event: (event) => {
					if (event.kind === "candidate" && event.line.address.includes(".")) this.at = event.line;
				},
				data: ({ bytes }) => {
					this.heard++;
					if (this.#echoes) this.ice.send(bytes);
				},
			},
		);
	}

	/** As signalling of the end under test. */
	begin(listener: SignallingListener): Signalling {
		this.listener = listener;
		queueMicrotask(() => listener.met());
		return {
			role: "controlling",
			send: (message) => void this.said.push(message),
			reached: (way) => void this.reached.push(way),
			unproved: () => void this.unproved++,
			close: () => Promise.resolve(),
		};
	}

	/** Its answer, once our description is whole; and it sends to what that named. */
	answer(more: Partial<Extract<MeetMessage, { readonly type: "destination" }>> = {}): void {
		const { address = "", port = 0 } = this.at ?? {};
		this.listener?.message({
			type: "destination",
			tool: "Phone 1",
			destination: { address, port },
			rtcp: null,
			...more,
		});
	}
}

let phone: Phone;
let world: MeetWorld;

/** Nobody translates the phone's address, and the other end is behind a NAT that lets all in. */
function begin({ echoes = true } = {}): void {
	const scenario = natWorld({ a: natKind("full cone"), b: natKind("no NAT") });
	const [first, second] = simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv", classic: true });
	world = first;
	phone = new Phone(second, { echoes });
}

beforeEach(() => begin());

async function call(options: Partial<MeetRequestOptions>, hears: (event: MeetEvent) => void) {
	const run = meet({ world, signalling: (listener) => phone.begin(listener), stun: ["srv"], ...options });
	for await (const event of run) hears(event);
	const result = await run.result;
	await Promise.all([run.closed, phone.ice.close()]);
	return result;
}

function whenGathered(then: () => void): (event: MeetEvent) => void {
	return (event) => {
		if (event.kind === "gathered") queueMicrotask(then);
		if (event.kind !== "candidate" || event.candidate.type !== "srflx") return;
		const { address, port } = event.candidate;
		if (address.includes(".")) phone.ice.withoutIce({ to: { address, port } });
	};
}

describe("an end that speaks no ICE", () => {
	test("is sent to where it says, its media comes back, and the way to it is traced all the same", async () => {
		const result = await call(
			{ media: true },
			whenGathered(() => phone.answer()),
		);
		expect(result).toMatchObject({
			...{ connected: true, ice: "none", peerTool: "Phone 1", state: "completed" },
			selected: { reason: "noIce", local: { type: "srflx" }, remote: { address: phone.at?.address } },
			...{ reversePath: null, reversePathMissing: { code: "noIce" }, warnings: [{ code: "noIce" }] },
			media: { codec: "PCMU", lost: 0 },
		});
		expect(result.why).toMatch(
			/^Unchecked, from .* to where the other end said \(.*\), since it speaks no ICE that we do; media both ways, 0 % lost\.$/,
		);
		expect(result.path?.hops.length).toBeGreaterThan(1);
		const { sent = 0, received = 0 } = result.media ?? {};
		expect(sent).toBeGreaterThanOrEqual(150);
		expect(received).toBeGreaterThanOrEqual(sent - 20);
	});

	test("proves nothing to whoever waits for it but by its media, which has come", async () => {
		await call(
			{ media: true, trace: false },
			whenGathered(() => phone.answer()),
		);
		expect(phone.reached).toEqual([{ send: false, receive: true }]);
	});

	test("that is silent is said to be", async () => {
		begin({ echoes: false });
		const result = await call(
			{ media: true, trace: false },
			whenGathered(() => phone.answer()),
		);
		expect(result.media).toMatchObject({ received: 0, firstNs: null, jitterNs: null });
		expect(result.why).toContain("; media goes there, and nothing came back.");
		expect(phone.reached).toEqual([]);
	});

	test("may speak another ICE than we do, which is said", async () => {
		const result = await call(
			{ trace: false },
			whenGathered(() => phone.answer({ speaks: "first-draft" })),
		);
		expect(result.warnings).toEqual([{ code: "otherIce", theirs: "first-draft" }]);
	});

	test("is sent no media before it has picked up, and is waited for until then", async () => {
		let before = -1;
		const ringing = {
			direction: "out",
			own: "sip:a@example",
			peer: "sip:b@example",
			status: null,
			ringMs: 10,
		} as const;
		const unanswered = { answeredMs: null, precondition: "none", userAgent: null } as const;
		const result = await call(
			{ media: true, trace: false },
			whenGathered(() => {
				phone.listener?.call?.({ ...ringing, ...unanswered });
				phone.answer();
				world.after(5000, () => {
					before = phone.heard;
					phone.listener?.call?.({ ...ringing, ...unanswered, status: 200, answeredMs: 5000 });
				});
			}),
		);
		expect([before, result.call?.status]).toEqual([0, 200]);
		expect(phone.heard).toBeGreaterThan(100);
	});

	const call180 = { own: "sip:a@example", peer: "sip:b@example", ringMs: 10, answeredMs: null, userAgent: null };
	const rings = { ...call180, direction: "out", status: null, precondition: "none" } as const;

	test("that never picks up is not waited for longer than was asked, and is none that we are connected to", async () => {
		const result = await call(
			{ media: true, trace: false, waitMs: 2000 },
			whenGathered(() => {
				phone.listener?.call?.(rings);
				phone.answer();
			}),
		);
		expect([result.connected, result.media?.sent, phone.heard]).toEqual([false, 0, 0]);
		expect(result).toMatchObject({
			outcome: { code: "nobodyCame" },
			why: "It rang at sip:b@example, and nobody took the call within 2 seconds.",
		});
	});

	test("that refuses the call after it has said where it is has refused it", async () => {
		const result = await call(
			{ media: true, trace: false },
			whenGathered(() => {
				phone.listener?.call?.(rings);
				phone.answer();
				world.after(1000, () => {
					phone.listener?.call?.({ ...rings, status: 486 });
					phone.listener?.message({ type: "bye", why: "486 Busy Here" });
					phone.listener?.closed(null);
				});
			}),
		);
		expect(result).toMatchObject({
			...{ connected: false, outcome: { code: "peerLeft", about: "486 Busy Here" } },
			why: "The call to sip:b@example was refused (486 Busy Here).",
		});
		expect(phone.heard).toBe(0);
	});

	test("whose call dies is waited for no longer", async () => {
		const failure = { code: "sipTimeout", uri: "sip:b@example", what: "call" } as const;
		const result = await call(
			{ media: true, trace: false },
			whenGathered(() => {
				phone.listener?.call?.(rings);
				phone.answer();
				world.after(1000, () => phone.listener?.closed(failure));
			}),
		);
		expect(result).toMatchObject({
			...{ connected: false, outcome: { code: "signalling", signalling: failure } },
			why: "Nobody answers at sip:b@example.",
		});
	});
});

describe("a call that comes in by the first draft, and whose checks all fail", () => {
	const comes = {
		...({ direction: "in", own: "sip:a@example", peer: "sip:b@example", status: null, ringMs: null } as const),
		...({ answeredMs: null, precondition: "none", userAgent: null } as const),
	};

	/** The phone calls, and nobody answers where it wants checks. Resolves with what it had before the call stood. */
	function calls(then: () => void): (event: MeetEvent) => void {
		return whenGathered(() => {
			const { address = "", port = 0 } = phone.at ?? {};
			const id = { id: "1", q: 1, derivedFrom: null, username: "user1234", password: "secret", rtcp: null };
			phone.listener?.call?.(comes);
			phone.listener?.message({
				...{ type: "alternatives", tool: "Phone 1", destination: { address, port }, rtcp: null, traces: false },
				alternatives: [{ ...id, at: { address, port: 9 } }],
			});
			world.after(20_000, then);
		});
	}

	test("has nothing sent to where it says before it stands, and then it has", async () => {
		const before: number[] = [];
		const result = await call(
			{ media: true, ice: "first-draft" },
			calls(() => {
				before.push(phone.unproved, phone.heard);
				phone.listener?.call?.({ ...comes, status: 200 });
				world.after(5000, () => {
					before.push(phone.heard);
					phone.listener?.stands?.();
				});
			}),
		);
		expect(before).toEqual([1, 0, 0]);
		expect(result).toMatchObject({
			connected: true,
			selected: { reason: "unproved" },
			warnings: [{ code: "unproved" }],
		});
		expect(phone.heard).toBeGreaterThan(100);
	});

	test("is no way where it never does", async () => {
		const result = await call(
			{ media: true, ice: "first-draft" },
			calls(() => {
				phone.listener?.call?.({ ...comes, status: 200 });
				phone.listener?.message({ type: "bye", why: "it did not acknowledge our answer" });
				phone.listener?.closed(null);
			}),
		);
		expect([result.connected, result.path, phone.heard]).toEqual([false, null, 0]);
		expect(result.why).toBe(
			"The other end ended the call before it was taken (it says: it did not acknowledge our answer).",
		);
	});

	test("and tells addresses alone that nothing can be sent to, is waited for no longer than others are", async () => {
		const result = await call(
			{ ice: "first-draft", waitMs: 5000 },
			whenGathered(() => {
				const nowhere = { address: "127.0.0.1", port: 9 };
				const id = { id: "1", q: 1, derivedFrom: null, username: "user1234", password: "secret", rtcp: null };
				phone.listener?.call?.(comes);
				phone.listener?.message({
					...{ type: "alternatives", tool: "Phone 1", destination: nowhere, rtcp: null, traces: false },
					alternatives: [{ ...id, at: nowhere }],
				});
			}),
		);
		expect(result).toMatchObject({ connected: false, outcome: { code: "noWay" } });
	});
});
