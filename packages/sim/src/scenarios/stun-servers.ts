/** Every way in which a STUN server may answer a trace, and routers that answer in STUN themselves. */
import type { ExpectedHop, RouterSpec, Scenario } from "../scenario.ts";
import type { StunSpec } from "../stun-spec.ts";
import { routerHops, silentHops, targetHop } from "./path.ts";
import { HOME, SERVER, STUN_HOP, type StunPath, stunPath } from "./stun-path.ts";

/** A server with ways of its own, and what it answers. */
function answered(name: string, about: string, stun: StunSpec, more: Partial<StunPath>): Scenario {
	return stunPath({ name, about, path: { routers: 4, target: { ...SERVER, stun } }, ...more });
}

/** The credentials of an ICE check. */
const CREDENTIALS = { username: "remote:local", password: "VOkJxbRl1RmTxUk/WvJxBt" } as const;

const SERVERS: readonly Scenario[] = [
	answered(
		"stun to a server that counts its answers",
		"Each request is its first: nothing was lost on either way.",
		{},
		{ last: { detail: { counter: { request: 1, response: 1 }, lost: { upstream: 0, downstream: 0 } } } },
	),
	answered(
		"stun to a server that does not know PADDING",
		"As the draft pads, most servers refuse it by 420, which ends the path as well.",
		{ refusesPadding: true },
		{
			options: { methodOptions: { draft: true } },
			last: { detail: { response: "error", code: 420, unknownAttributes: { 0: "PADDING" } } },
			expect: { seenAs: null },
		},
	),
	answered(
		"stun to a server that knows PADDING and the hop's number",
		"As the draft has it: the server sends the hop back that the request says it left with.",
		{},
		{ options: { methodOptions: { draft: true } }, last: { detail: { response: "success" } } },
	),
	answered(
		"stun to a server that wants long-term credentials",
		"401 with realm and nonce: reached, and no second try.",
		{ realm: "example.org" },
		{ last: { detail: { response: "error", code: 401, realm: "example.org" } } },
	),
	answered(
		"stun to an ICE agent with its password",
		"A check as ICE sends it; the answer proves to know the password as well.",
		{ password: CREDENTIALS.password },
		{ options: { methodOptions: CREDENTIALS }, last: { detail: { response: "success", integrity: "right" } } },
	),
	answered(
		"stun to an ICE agent with another's password",
		"Refused by 401, which is an answer as good as any.",
		{ password: "another" },
		{ options: { methodOptions: CREDENTIALS }, last: { detail: { code: 401, integrity: "none" } } },
	),
	answered(
		"stun to an ICE agent that is silent to strangers",
		"Without credentials the end of the path is not seen; all routers are.",
		{ password: CREDENTIALS.password, silentToStrangers: true },
		{
			options: { maxTtl: 8 },
			expect: {
				reached: false,
				stopReason: "maxHops",
				hops: [...routerHops(1, 4), silentHops(5, 8)],
				durationMs: { atMost: 3200 },
			},
		},
	),
	answered(
		"stun to an agent in the other role",
		"487 Role Conflict ends the path too.",
		{ error: 487 },
		{ last: { detail: { code: 487, reason: "Role Conflict" } } },
	),
	answered(
		"stun to a server of RFC 3489",
		"It takes the cookie for a part of the transaction id, and tells our address without the XOR.",
		{ classic: true },
		{ path: { routers: 4, target: { ...SERVER, stun: { classic: true } }, router: HOME }, expect: { seenAs: "r1" } },
	),
];

/** Two of six routers say what their links can carry; the first of them can carry less. */
const ENRICHED: Readonly<Record<string, Omit<RouterSpec, "kind">>> = {
	r2: { enriched: { upKbps: 2_000, downKbps: 16_000 } },
	r5: { enriched: { upKbps: 40_000, downKbps: 10_000, congested: true } },
};
const NO_ENRICHED = "a Linux router sends no STUN of its own";
const FIRST_STATUS = { congested: false, nodeCount: 1, upKbps: 2_000, downKbps: 16_000 };

function enrichedHops(statuses: readonly [second: object, fifth: object], last: Partial<ExpectedHop>): ExpectedHop[] {
	const [second, fifth] = statuses;
	const told = (ttl: number, status: object, interfaceName: string): ExpectedHop => {
		return { ttl, from: [`r${ttl}`], kind: "timeExceeded", networkStatus: { ...status }, interfaceName };
	};
	const plain = routerHops(1, 6).map((hop) => ({ ...hop, networkStatus: false as const }));
	return [
		...plain.slice(0, 1),
		told(2, second, "link1"),
		...plain.slice(2, 4),
		told(5, fifth, "link4"),
		...plain.slice(5),
		targetHop(7, { ...STUN_HOP, ...last }),
	];
}

const ROUTERS_THAT_SPEAK: readonly Scenario[] = [
	stunPath({
		name: "stun past routers with enriched ICMP",
		about:
			"Both say what their own links can carry, in a STUN response that their Time Exceeded carries; nobody vouches for it.",
		path: { routers: 6, target: SERVER, router: { ...HOME, ...ENRICHED } },
		lab: NO_ENRICHED,
		expect: {
			hops: enrichedHops([FIRST_STATUS, { congested: true, nodeCount: 1, upKbps: 40_000, downKbps: 10_000 }], {}),
			seenAs: "r1",
			durationMs: { atMost: 20 },
		},
	}),
	stunPath({
		name: "stun that asks routers for the state of the way",
		about:
			"Each writes into passing requests as well: what the last one tells is of the whole way so far, and the server sends it back.",
		path: { routers: 6, target: SERVER, router: { ...HOME, ...ENRICHED } },
		options: { methodOptions: { "network-status": true, fingerprint: true } },
		lab: NO_ENRICHED,
		expect: {
			hops: enrichedHops([FIRST_STATUS, { congested: true, nodeCount: 2, upKbps: 2_000, downKbps: 10_000 }], {
				detail: {
					networkStatus: {
						upstream: { congested: true, nodeCount: 2, upKbps: 2_000, downKbps: 10_000 },
						downstream: { congested: true, nodeCount: 2, upKbps: 10_000, downKbps: 2_000 },
					},
				},
			}),
		},
	}),
	stunPath({
		name: "signed stun that asks routers for the state of the way",
		about: "What routers write stands behind the digest, which stays right; the server's copy stands before its own.",
		path: {
			routers: 6,
			target: { ...SERVER, stun: { password: CREDENTIALS.password } },
			router: ENRICHED,
		},
		options: { methodOptions: { ...CREDENTIALS, "network-status": true, fingerprint: true } },
		lab: NO_ENRICHED,
		expect: {
			hops: enrichedHops([FIRST_STATUS, { nodeCount: 2 }], {
				detail: { integrity: "right", networkStatus: { upstream: { nodeCount: 2 }, downstream: { nodeCount: 2 } } },
			}),
		},
	}),
];

/** Who answers traces by STUN. */
export const STUN_SERVERS: readonly Scenario[] = [...SERVERS, ...ROUTERS_THAT_SPEAK];
