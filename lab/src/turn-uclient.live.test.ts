import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { openTurnPeer } from "./peers/turn-peer.ts";
import { runUclient, type UclientOutcome, uclientObstacle } from "./peers/uclient.ts";
import { OTHER_DRIVERS, openTurnLab, TURN_SERVERS, type TurnLab, type TurnServerKind } from "./turn-lab.fixture.ts";
import { LAST_CASES, UCLIENT_CASES, type UclientCase } from "./uclient-cases.fixture.ts";

/** It sleeps most of the time, so that many fit beside each other. */
const AT_ONCE = 16;

/** Runs the cases, so many at once; the outcomes come in their order. */
async function runAll(
	cases: readonly UclientCase[],
	place: TurnLab,
): Promise<ReadonlyMap<UclientCase, UclientOutcome>> {
	const outcomes = new Map<UclientCase, UclientOutcome>();
	const waiting = [...cases];
	const { namespace } = place.client("open");
	const worker = async () => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
			const run = { namespace, user: "nobody", timeoutMs: next.limitMs } as const;
			outcomes.set(next, await runUclient(next.args(place), run));
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return outcomes;
}

describe.each(TURN_SERVERS)("turnutils_uclient and $name", (kind) => triesFlags(kind, () => true));
describe.each(OTHER_DRIVERS)("turnutils_uclient over UDP and $name", (kind) => {
	triesFlags(kind, ({ datagrams }) => datagrams);
});

function triesFlags(kind: TurnServerKind, isTried: (one: UclientCase) => boolean): void {
	const obstacle = kind.obstacle ?? uclientObstacle();
	const isCoturn = kind.name === "coturn";
	const isFor = (one: UclientCase) => isTried(one) && (!isCoturn || one.notCoturn === undefined);
	const cases = UCLIENT_CASES.filter(isFor);
	const lastCases = LAST_CASES.filter(isFor);

	describe.skipIf(obstacle !== null)(skippable("flag by flag", obstacle), () => {
		const outcomes = new Map<UclientCase, UclientOutcome>();
		const open: { close(): Promise<void> }[] = [];
		let server: RunningServer;

		beforeAll(async () => {
			const place = await openTurnLab();
			open.push(place);
			open.unshift(await openTurnPeer(place.peer.namespace, [place.peer.address(4), place.peer.address(6)]));
			for (const credentials of ["longTerm", "rest"] as const) {
				const group = cases.filter((one) => (one.credentials ?? "longTerm") === credentials);
				server = await kind.open(place, credentials);
				open.unshift(server);
				const last = credentials === "longTerm" ? lastCases : [];
				for (const part of [group, last]) for (const [one, ran] of await runAll(part, place)) outcomes.set(one, ran);
				await server.close();
			}
		}, 300_000);

		afterAll(async () => {
			for (const one of open) await one.close();
		});

		test.each([...cases, ...lastCases])("$name", (one) => {
			const ran = outcomes.get(one);
			expect(ran).toBeDefined();
			if (ran !== undefined) one.judge(ran);
		});

		test("the server has lived through all that, and says nothing of a fault", () => {
			expect(server.log()).not.toMatch(/bug|TypeError|RangeError|Segmentation/);
		});
	});
}
