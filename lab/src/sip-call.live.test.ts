import { natKind, natWorld, publicAddresses } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { kamailioObstacle, openKamailio } from "./peers/kamailio.ts";
import { openServe } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, endTool, type RunningTool, type RunOutcome, startWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle() ?? kamailioObstacle();
const TEST_MS = 120_000;
const DOMAIN = "lab.example";
const SECRET = "lab";
const EARLY_PORT = 5556;
const PASSWORD = "wonderland";
/** Who calls, and whom. */
type Pair = readonly [caller: string, callee: string];
const PROVED: Pair = ["alice", "bob"];
const REFUSED: Pair = ["carol", "dave"];

/** What a document says, as far as these tests look. */
interface CallDocument {
	readonly connected: boolean;
	readonly ice: string | null;
	readonly why: string;
	readonly selected: { readonly local: Place; readonly remote: Place } | null;
	readonly path: { readonly hops: readonly unknown[] } | null;
	readonly media: { readonly sent: number; readonly received: number } | null;
	readonly call: {
		readonly status: number | null;
		readonly ringMs: number | null;
		readonly precondition: string;
	} | null;
}
interface Place {
	readonly type: string;
	readonly address: string;
	readonly port: number;
}

interface Site {
	readonly lab: Lab;
	/** Of the proxy, and of STUN and relays. */
	readonly address: string;
}

/** Two homes behind symmetric NATs, and between them a proxy that knows who is where, STUN, and relays of 2003. */
async function withSite(use: (site: Site) => Promise<void>): Promise<void> {
	const scenario = natWorld({ a: natKind("symmetric"), b: natKind("symmetric") });
	const opened: { close(): Promise<unknown> }[] = [];
	try {
		const lab = await openLab(scenario);
		opened.push(lab);
		const namespace = lab.namespaceOf("srv");
		const [address = ""] = publicAddresses(scenario, "srv", 4);
		const options = ["--classic", "--no-http", "--secret", SECRET, "--allow-peer", "0.0.0.0/0"];
		const users = [...PROVED, ...REFUSED].map((name) => ({ name, password: PASSWORD }));
		const servers = await Promise.allSettled([
			openServe({ namespace, addresses: [address], options }),
			openKamailio({ namespace, addresses: [address], port: 5060, domain: DOMAIN, users }),
		]);
		for (const server of servers) if (server.status === "fulfilled") opened.push(server.value);
		for (const server of servers) if (server.status === "rejected") throw server.reason;
		await use({ lab, address });
	} finally {
		for (const each of opened.reverse()) await each.close();
	}
}

interface Ends {
	readonly pair: Pair;
	/** Of the caller, and of the callee. */
	readonly options: readonly [readonly string[], readonly string[]];
	/** What they are to end with. */
	readonly codes: readonly [number, number];
	/** Whether they are told of relays; true when absent. */
	readonly relays?: boolean;
}

/** The callee waits for the call; both to their end, each with its code. */
async function call(
	{ lab, address }: Site,
	{ pair: [caller, callee], options: [ofCaller, ofCallee], relays = true, codes }: Ends,
) {
	const running: RunningTool[] = [];
	const start = (node: string, user: string, more: readonly string[]) => {
		const relay = ["--turn", `turn:${address}:${EARLY_PORT}?transport=udp`, "--secret", SECRET, "--user", user];
		const servers = ["--stun", address, ...(relays ? relay : [])];
		const account = ["--sip", `sip:${user}@${DOMAIN}`, "--sip-proxy", `sip:${address}`];
		const args = ["meet", ...account, ...servers, "-4", "--json", ...more];
		const tool = startWhither(args, {
			...{ namespace: lab.namespaceOf(node), user: "nobody", timeoutMs: 60_000 },
			env: { WHITHER_SIP_PASSWORD: PASSWORD },
		});
		running.push(tool);
		return tool;
	};
	try {
		const waiting = start("lanB", callee, ofCallee);
		await registered(waiting);
		const calling = start("lanA", caller, ["--call", `sip:${callee}@${DOMAIN}`, ...ofCaller]);
		const [a, b] = await Promise.all([calling.outcome, waiting.outcome]);
		const words = `${describeOutcome(a)}\n${describeOutcome(b)}`;
		expect([a.code, b.code], words).toEqual(codes);
		const read = ({ stdout }: RunOutcome): CallDocument => JSON.parse(stdout);
		return { a: read(a), b: read(b), words };
	} finally {
		await Promise.all(running.map(endTool));
	}
}

/** Resolves also where it ends before. */
function registered({ child, outcome }: RunningTool): Promise<unknown> {
	const said = new Promise<void>((resolve) => {
		child.stderr?.on("data", (text: string) => {
			if (text.includes("Registered")) resolve();
		});
	});
	return Promise.race([said, outcome]);
}

/** Two to their end, also where one of them fails. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
	await Promise.allSettled([first, second]);
	return [await first, await second];
}

describe.skipIf(obstacle !== null)(skippable("a call through kamailio between two symmetric NATs", obstacle), () => {
	test(
		"by the first draft of ICE: one relay carries both ways, nobody's phone rings before that is proved, and without a relay it is refused (580)",
		() =>
			withSite(async (site) => {
				const draft = ["--ice", "first-draft"];
				const untraced = [...draft, "--no-trace"];
				// Side by side: checks that fail take nine seconds.
				const [{ a, b, words }, without] = await both(
					call(site, { pair: PROVED, options: [[...draft, "--precondition"], draft], codes: [0, 0] }),
					call(site, {
						...{ pair: REFUSED, options: [[...untraced, "--precondition"], untraced] },
						...{ relays: false, codes: [1, 1] },
					}),
				);
				for (const { ice, call: told, media, path } of [a, b]) {
					expect(ice, words).toBe("first-draft");
					expect(told, words).toMatchObject({ status: 200, precondition: "met" });
					expect(media?.received, words).toBeGreaterThan(0);
					expect(path?.hops.length, words).toBeGreaterThan(1);
				}
				// 9.1.2 of the draft: the caller's relay, which the callee's checks have locked; the callee's own is given back.
				const relay = { address: site.address, port: EARLY_PORT };
				expect([a.selected?.remote, b.selected?.local], words).toMatchObject([relay, relay]);
				expect(a.selected?.local, words).toMatchObject({ type: "relay", port: b.selected?.remote.port });
				// The callee's result is there before it says so to the caller.
				expect(without.a, without.words).toMatchObject({
					...{ connected: false, call: { status: 580, ringMs: null, precondition: "refused" } },
				});
				expect(without.b, without.words).toMatchObject({
					...{ connected: false, call: { status: null, ringMs: null, precondition: "waiting" } },
				});
			}),
		TEST_MS,
	);
});
