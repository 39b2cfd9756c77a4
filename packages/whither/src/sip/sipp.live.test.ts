import { createSocket } from "node:dgram";
import { afterEach, describe, expect, it } from "vitest";
import { type SippScenario, sippObstacle, startSipp } from "../../../../lab/src/peers/sipp.ts";
import { skippable } from "../../../../scripts/skippable.ts";
import type { SipBody, SipEvent } from "./agent/agent-io.ts";
import { openSip } from "./open-sip.ts";
import type { SipOrder, SipUser } from "./sip-io.ts";

const obstacle = sippObstacle();
const HERE = "127.0.0.1";
const OFFER: SipBody = {
	type: "application/sdp",
	text: ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0", ""].join(
		"\r\n",
	),
};

type React = (user: SipUser, event: SipEvent) => void;

/** One of ours at the loopback, with what it has told. */
interface Ours {
	readonly user: SipUser;
	readonly events: SipEvent[];
	readonly ended: Promise<SipEvent>;
	/** All messages, for a failed test. */
	said(): string;
}

const open: Ours[] = [];
afterEach(async () => {
	await Promise.all(open.splice(0).map(({ user }) => user.close()));
});

async function openOurs(react: React, order: Partial<SipOrder> = {}): Promise<Ours> {
	const events: SipEvent[] = [];
	const lines: string[] = [];
	let end: (event: SipEvent) => void = () => {};
	const ended = new Promise<SipEvent>((resolve) => {
		end = resolve;
	});
	const user = await openSip(
		{
			account: { address: `sip:bob@${HERE}`, username: "alice", password: "wonder" },
			product: "whither test",
			places: (["udp", "tcp"] as const).map((transport) => ({ transport, address: HERE, port: 0 })),
			...order,
		},
		{
			event: (event) => {
				events.push(event);
				if (event.kind === "ended") end(event);
				react(ours.user, event);
			},
			message: ({ direction, bytes }) => lines.push(`${direction}\n${new TextDecoder().decode(bytes)}`),
			ignored: (reason) => lines.push(`ignored: ${reason}`),
			failed: ({ address, port }, why) => lines.push(`failed: ${address}:${port} ${why}`),
		},
	);
	if ("code" in user) throw new Error(JSON.stringify(user));
	const ours: Ours = { user, events, ended, said: () => lines.join("\n") };
	open.push(ours);
	return ours;
}

function freePort(): Promise<number> {
	const socket = createSocket("udp4");
	return new Promise((resolve) => {
		socket.bind(0, HERE, () => {
			const { port } = socket.address();
			socket.close(() => resolve(port));
		});
	});
}

/** A body of ours for whatever wants one. */
const answering: React = (user, event) => {
	if (event.kind === "incoming") {
		user.respond(event.call, { status: 180 });
		user.respond(event.call, { status: 200, body: OFFER });
	}
	if (event.kind === "offer") user.answer(event.call, OFFER);
};

interface Case {
	readonly what: string;
	readonly scenario: SippScenario;
	readonly react?: React;
	readonly order?: Partial<SipOrder>;
	readonly transport?: "udp" | "tcp";
	readonly lostPercent?: number;
	/** Of the call; null: there is none. */
	readonly end?: object | null;
}

describe("sipp calls us", () => {
	const cases: readonly Case[] = [
		{ what: "a plain call over UDP", scenario: "caller-plain" },
		{ what: "a plain call over TCP", scenario: "caller-plain", transport: "tcp" },
		{
			what: "reliable provisional answers, and UPDATE",
			scenario: "caller-reliable",
			react: (user, event) => {
				if (event.kind === "incoming") user.respond(event.call, { status: 183, body: OFFER, reliable: true });
				if (event.kind === "offer") {
					user.answer(event.call, OFFER);
					user.respond(event.call, { status: 200 });
				}
				if (event.kind === "accepted") user.hangUp(event.call);
			},
			end: { code: "hungUp", by: "us" },
		},
		{ what: "a new INVITE within the call", scenario: "caller-reinvite" },
		{
			what: "asked for digests by SHA-256 and MD5, of which it knows the latter",
			scenario: "caller-digest",
			order: { challenge: { realm: "ours", password: (name) => (name === "carol" ? "sesame" : null) } },
			end: null,
		},
		{
			what: "CANCEL while it rings",
			scenario: "caller-cancel",
			react: (user, event) => {
				if (event.kind === "incoming") user.respond(event.call, { status: 180 });
			},
		},
		{ what: "CANCEL when it is too late", scenario: "caller-cancel-race" },
		{ what: "malformed requests, and one that only looks so", scenario: "caller-malformed" },
		{ what: "a plain call, of which 20 % is lost", scenario: "caller-plain", lostPercent: 20 },
	];
	it.skipIf(obstacle !== null).each(cases.map((one) => [skippable(one.what, obstacle), one] as const))(
		"%s",
		async (_, { scenario, react = answering, order = {}, transport = "udp", lostPercent, end }) => {
			const ours = await openOurs(react, order);
			const to = ours.user.local.find((hop) => hop.transport === transport);
			const sipp = startSipp({
				scenario,
				address: HERE,
				port: await freePort(),
				transport,
				remote: { address: HERE, port: to?.port ?? 0 },
				user: "bob",
				...(lostPercent === undefined ? {} : { lostPercent }),
			});
			const { passed, said } = await sipp.outcome;
			expect(passed, `${said}\n== ours\n${ours.said()}`).toBe(true);
			if (end === null) expect(ours.events).toEqual([]);
			else expect(await ours.ended).toMatchObject({ end: end ?? { code: "hungUp", by: "them" } });
		},
	);
});

/** Hangs up as soon as there is nothing more to wait for. */
const hangingUp: React = (user, event) => {
	if (event.kind === "accepted") user.hangUp(event.call);
};

describe("we call sipp", () => {
	const cases: readonly Case[] = [
		{ what: "a plain call over UDP", scenario: "callee-plain" },
		{ what: "a plain call over TCP", scenario: "callee-plain", transport: "tcp" },
		{
			what: "reliable provisional answers, and UPDATE",
			scenario: "callee-reliable",
			react: (user, event) => {
				if (event.kind === "progress" && event.reliable) user.offer(event.call, OFFER, "UPDATE");
				hangingUp(user, event);
			},
		},
		{
			what: "new INVITEs within the call, from both",
			scenario: "callee-reinvite",
			react: (user, event) => {
				if (event.kind === "accepted") user.offer(event.call, OFFER, "INVITE");
				if (event.kind === "offer") user.answer(event.call, OFFER);
			},
			end: { code: "hungUp", by: "them" },
		},
		{ what: "asked for a digest", scenario: "callee-digest" },
		{
			what: "CANCEL while it rings",
			scenario: "callee-cancel",
			react: (user, event) => {
				if (event.kind === "progress" && event.status === 180) user.hangUp(event.call);
			},
		},
		{
			what: "CANCEL crosses with an answer",
			scenario: "callee-cancel-race",
			react: (user, event) => {
				if (event.kind === "progress" && event.status === 180) user.hangUp(event.call);
			},
		},
		{ what: "busy", scenario: "callee-busy", end: { code: "refused", status: 486 } },
		{ what: "malformed answers, and one that only looks so", scenario: "callee-malformed" },
		{ what: "a plain call, of which 20 % is lost", scenario: "callee-plain", lostPercent: 20 },
	];
	it.skipIf(obstacle !== null).each(cases.map((one) => [skippable(one.what, obstacle), one] as const))(
		"%s",
		async (_, { scenario, react = hangingUp, transport = "udp", lostPercent, end }) => {
			const port = await freePort();
			const lossy = lostPercent === undefined ? {} : { lostPercent };
			const sipp = startSipp({ scenario, address: HERE, port, transport, ...lossy });
			await sipp.ready();
			const ours = await openOurs(react);
			ours.user.call(`sip:sipp@${HERE}:${port};transport=${transport}`, { body: OFFER });
			const { passed, said } = await sipp.outcome;
			expect(passed, `${said}\n== ours\n${ours.said()}`).toBe(true);
			expect(await ours.ended).toMatchObject({ end: end ?? { code: "hungUp", by: "us" } });
		},
	);
});
