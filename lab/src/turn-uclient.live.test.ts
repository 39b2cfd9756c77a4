import { beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { openTurnPeer } from "./peers/turn-peer.ts";
import { runUclient, type UclientOutcome, uclientObstacle } from "./peers/uclient.ts";
import { OTHER_DRIVERS, openTurnLab, TURN_SERVERS, type TurnLab, type TurnServerKind } from "./turn-lab.fixture.ts";
import { LAST_CASES, refusedDontFragment, UCLIENT_CASES, type UclientCase } from "./uclient-cases.fixture.ts";

/** The client sleeps most of the time, so that many fit beside each other. Of each server. */
const AT_ONCE = 8;

/** A server, and what is tried with it. */
interface Trial {
	readonly kind: TurnServerKind;
	readonly obstacle: string | null;
	readonly cases: readonly UclientCase[];
	/** When all others are over. */
	readonly lastCases: readonly UclientCase[];
}

function trialOf(kind: TurnServerKind, isTried: (one: UclientCase) => boolean): Trial {
	const isFor = (one: UclientCase) => isTried(one) && (kind.name !== "coturn" || one.notCoturn === undefined);
	const obstacle = kind.obstacle ?? uclientObstacle();
	return { kind, obstacle, cases: UCLIENT_CASES.filter(isFor), lastCases: LAST_CASES.filter(isFor) };
}

const TRIALS: readonly Trial[] = [
	...TURN_SERVERS.map((kind) => trialOf(kind, () => true)),
	...OTHER_DRIVERS.map((kind) => trialOf(kind, ({ datagrams }) => datagrams)),
];

type Outcomes = ReadonlyMap<UclientCase, UclientOutcome>;

/** Runs the cases, so many at once. */
async function runAll(cases: readonly UclientCase[], place: TurnLab): Promise<Outcomes> {
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

/** What came of every case, and all that the servers said. */
async function runTrial({
	kind,
	cases,
	lastCases,
}: Trial): Promise<{ readonly outcomes: Outcomes; readonly log: string }> {
	const place = await openTurnLab();
	const open: { close(): Promise<void> }[] = [place];
	try {
		open.unshift(await openTurnPeer(place.peer.namespace, [place.peer.address(4), place.peer.address(6)]));
		const parts: Outcomes[] = [];
		let log = "";
		for (const credentials of ["longTerm", "rest"] as const) {
			const server = await kind.open(place, credentials);
			open.unshift(server);
			const group = cases.filter((one) => (one.credentials ?? "longTerm") === credentials);
			parts.push(await runAll(group, place));
			if (credentials === "longTerm") parts.push(await runAll(lastCases, place));
			await server.kill();
			log += server.log();
		}
		return { outcomes: new Map(parts.flatMap((part) => [...part])), log };
	} finally {
		for (const one of open) await one.close();
	}
}

/** All of them are under way at once. */
const trials = new Map<Trial, ReturnType<typeof runTrial>>();

beforeAll(async () => {
	for (const trial of TRIALS) if (trial.obstacle === null) trials.set(trial, runTrial(trial));
	await Promise.allSettled(trials.values());
}, 300_000);

describe.each(TRIALS.map((trial) => ({ name: trial.kind.name, trial })))("turnutils_uclient and $name", ({ trial }) => {
	const { obstacle, cases, lastCases } = trial;

	describe.skipIf(obstacle !== null)(skippable("flag by flag", obstacle), () => {
		test.each([...cases, ...lastCases])("$name", async (one) => {
			const ran = (await trials.get(trial))?.outcomes.get(one);
			expect(ran).toBeDefined();
			const judge = one.dontFragment && !trial.kind.setsDontFragment ? refusedDontFragment : one.judge;
			if (ran !== undefined) judge(ran);
		});

		test("the server has said nothing of a fault", async () => {
			expect((await trials.get(trial))?.log).not.toMatch(
				/Internal error|A relay worker ended|bug|TypeError|RangeError|Segmentation/,
			);
		});
	});
});
