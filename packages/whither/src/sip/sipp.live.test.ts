import { afterEach, describe, expect, it } from "vitest";
import { type RunningSipp, type SippScenario, sippObstacle, startSipp } from "../../../../lab/src/peers/sipp.ts";
import { skippable } from "../../../../scripts/skippable.ts";
import type { SipBody } from "./agent/agent-io.ts";
import { closeOurs, freePort, HERE, OFFER, openOurs, type React } from "./ours.fixture.ts";
import type { SipOrder } from "./sip-io.ts";

const obstacle = sippObstacle();
/** Whom sipp asks for. */
const ACCOUNT = { address: `sip:bob@${HERE}`, username: "alice", password: "wonder" };

const LONG: SipBody = { ...OFFER, text: OFFER.text + "a=ice-options:as many as nobody has\r\n".repeat(100) };

const phones: RunningSipp[] = [];

afterEach(async () => {
	await Promise.all(phones.splice(0).map((phone) => phone.close()));
	await closeOurs();
});

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
	readonly body?: SipBody;
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
		{
			what: "a call of which 20 % is lost",
			scenario: "caller-lossy",
			react: (user, event) => {
				answering(user, event);
				if (event.kind === "accepted") user.hangUp(event.call);
			},
			lostPercent: 20,
			end: { code: "hungUp", by: "us" },
		},
	];
	it.skipIf(obstacle !== null).each(cases.map((one) => [skippable(one.what, obstacle), one] as const))(
		"%s",
		async (_, { scenario, react = answering, order = {}, transport = "udp", lostPercent, end }) => {
			const ours = await openOurs({ account: ACCOUNT, ...order }, react);
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
			phones.push(sipp);
			const { passed, said } = await sipp.outcome;
			expect(passed, `${said}\n== ours\n${ours.said()}`).toBe(true);
			if (end === null) expect(ours.events).toEqual([]);
			else expect(await ours.next("ended")).toMatchObject({ end: end ?? { code: "hungUp", by: "them" } });
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
		{
			what: "a call of which 20 % is lost",
			scenario: "callee-lossy",
			react: () => {},
			lostPercent: 20,
			end: { code: "hungUp", by: "them" },
		},
		{ what: "more than UDP should carry, to one that has no TCP", scenario: "callee-plain", body: LONG },
	];
	it.skipIf(obstacle !== null).each(cases.map((one) => [skippable(one.what, obstacle), one] as const))(
		"%s",
		async (_, { scenario, react = hangingUp, transport = "udp", lostPercent, body = OFFER, end }) => {
			const port = await freePort();
			const lossy = lostPercent === undefined ? {} : { lostPercent };
			const sipp = startSipp({ scenario, address: HERE, port, transport, ...lossy });
			phones.push(sipp);
			await sipp.ready();
			const ours = await openOurs({ account: ACCOUNT }, react);
			ours.user.call(`sip:sipp@${HERE}:${port};transport=${transport}`, { body });
			const { passed, said } = await sipp.outcome;
			expect(passed, `${said}\n== ours\n${ours.said()}`).toBe(true);
			expect(await ours.next("ended")).toMatchObject({ end: end ?? { code: "hungUp", by: "us" } });
		},
	);
});
