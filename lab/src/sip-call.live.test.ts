import { natKind, natWorld, publicAddresses } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { kamailioObstacle, openKamailio } from "./peers/kamailio.ts";
import { openServe } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, startWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle() ?? kamailioObstacle();
const TEST_MS = 120_000;
const DOMAIN = "lab.example";
const SECRET = "lab";
const EARLY_PORT = 5556;
const PASSWORD = "wonderland";

/** What a document says, as far as these tests look. */
interface CallDocument {
	readonly connected: boolean;
	readonly ice: string | null;
	readonly why: string;
	readonly selected: { readonly local: Place; readonly remote: Place } | null;
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
		const users = ["alice", "bob"].map((name) => ({ name, password: PASSWORD }));
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

/** Bob waits for Alice's call; both to their end. */
async function call({ lab, address }: Site, ofAlice: readonly string[], ofBob: readonly string[], relays = true) {
	const start = (node: string, user: string, more: readonly string[]) => {
		const relay = ["--turn", `turn:${address}:${EARLY_PORT}?transport=udp`, "--secret", SECRET, "--user", user];
		const servers = ["--stun", address, ...(relays ? relay : [])];
		const account = ["--sip", `sip:${user}@${DOMAIN}`, "--sip-proxy", `sip:${address}`];
		const args = ["meet", ...account, ...servers, "-4", "--json", ...more];
		return startWhither(args, {
			...{ namespace: lab.namespaceOf(node), user: "nobody", timeoutMs: 60_000 },
			env: { WHITHER_SIP_PASSWORD: PASSWORD },
		});
	};
	const bob = start("lanB", "bob", ofBob);
	await new Promise<void>((resolve) => {
		bob.child.stderr?.on("data", (text: string) => {
			if (text.includes("Registered")) resolve();
		});
		void bob.outcome.then(() => resolve());
	});
	const alice = start("lanA", "alice", ["--call", `sip:bob@${DOMAIN}`, ...ofAlice]);
	const [a, b] = await Promise.all([alice.outcome, bob.outcome]);
	const words = `${describeOutcome(a)}\n${describeOutcome(b)}`;
	const read = ({ stdout }: RunOutcome): CallDocument => JSON.parse(stdout);
	return { a: read(a), b: read(b), codes: [a.code, b.code], words };
}

describe.skipIf(obstacle !== null)(skippable("a call through kamailio between two symmetric NATs", obstacle), () => {
	test(
		"by the first draft of ICE: one relay carries both ways, nobody's phone rings before that is proved, and without a relay it is refused (580)",
		() =>
			withSite(async (site) => {
				const draft = ["--ice", "first-draft"];
				const { a, b, codes, words } = await call(site, [...draft, "--precondition"], draft);
				expect(codes, words).toEqual([0, 0]);
				for (const { ice, call: told, media } of [a, b]) {
					expect(ice, words).toBe("first-draft");
					expect(told, words).toMatchObject({ status: 200, precondition: "met" });
					expect(media?.received, words).toBeGreaterThan(0);
				}
				// 9.1.2 of the draft: the caller's relay, which the callee's checks have locked; the callee's own is given back.
				const relay = { address: site.address, port: EARLY_PORT };
				expect([a.selected?.remote, b.selected?.local], words).toMatchObject([relay, relay]);
				expect(a.selected?.local, words).toMatchObject({ type: "relay", port: b.selected?.remote.port });
				const without = await call(site, [...draft, "--precondition", "--no-trace"], [...draft, "--no-trace"], false);
				expect(without.codes, without.words).toEqual([1, 1]);
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
