import { natKind, natWorld, publicAddresses } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { certificatesObstacle, makeCertificates } from "./peers/certificates.ts";
import { openServe } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle() ?? certificatesObstacle();
const TEST_MS = 120_000;
const HTTP_PORT = 8088;
const CODE = "7-otter-velvet";

/** What a document says, as far as tests look. */
interface MeetDocument {
	readonly connected: boolean;
	readonly why: string;
	readonly outcome: { readonly code: string };
	readonly selected: {
		readonly local: { readonly type: string; readonly address: string; readonly port: number };
		readonly remote: { readonly type: string; readonly address: string; readonly port: number };
	} | null;
	readonly path: TraceDocument | null;
	readonly pathMissing: unknown;
	readonly reversePath: TraceDocument | null;
	readonly reversePathMissing: unknown;
	readonly warnings: readonly { readonly code: string }[];
}

interface TraceDocument {
	readonly reached: boolean;
	readonly channel: string;
	readonly hops: readonly { readonly probes: readonly { readonly from: string | null }[] }[];
}

interface Site {
	readonly lab: Lab;
	/** Of the server. */
	readonly address: string;
	readonly url: string;
}

/** Two homes behind such routers, and our server with a rendezvous, STUN and TURN between them. */
async function withSite(a: string, b: string, use: (site: Site) => Promise<void>): Promise<void> {
	const scenario = natWorld({ a: natKind(a), b: natKind(b) });
	const lab = await openLab(scenario);
	try {
		const [address = ""] = publicAddresses(scenario, "srv", 4);
		const listen = ["--insecure", `--port=${HTTP_PORT}`, "--allow-peer=0.0.0.0/0"];
		const server = await openServe({ namespace: lab.namespaceOf("srv"), addresses: [address], options: listen });
		try {
			await use({ lab, address, url: `http://${address}:${HTTP_PORT}` });
		} finally {
			await server.close();
		}
	} finally {
		await lab.close();
	}
}

/** As nobody in particular, unless there are files to read that root alone may. */
function run({ lab, url }: Site, node: string, args: readonly string[]): Promise<RunOutcome> {
	const user = args.includes("--ca") ? "root" : "nobody";
	const options = { namespace: lab.namespaceOf(node), user, timeoutMs: 100_000 } as const;
	return runWhither(["meet", "--server", url, "-4", "--json", ...args], options);
}

/** Both ends to their end. */
async function meet(site: Site, code: string, args: readonly string[], others: readonly string[] = args) {
	const first = run(site, "lanA", ["--code", code, ...args]);
	// Its code is there once the room is; joining before that is refused.
	const second = retried(() => run(site, "lanB", [code, ...others]));
	const [a, b] = await Promise.all([first, second]);
	const words = `${describeOutcome(a)}\n${describeOutcome(b)}`;
	const read = ({ stdout }: RunOutcome): MeetDocument => JSON.parse(stdout);
	return { a: read(a), b: read(b), codes: [a.code, b.code], words };
}

async function retried(attempt: () => Promise<RunOutcome>): Promise<RunOutcome> {
	for (let times = 0; ; times++) {
		const outcome = await attempt();
		if (times === 20 || !outcome.stdout.includes("noSuchRoom")) return outcome;
	}
}

function expectAgreement({ a, b }: { readonly a: MeetDocument; readonly b: MeetDocument }, words: string): void {
	const place = (one: { readonly address: string; readonly port: number } | undefined) => [one?.address, one?.port];
	expect(place(a.selected?.local), words).toEqual(place(b.selected?.remote));
	expect(place(b.selected?.local), words).toEqual(place(a.selected?.remote));
	expect(a.path, words).toEqual(b.reversePath);
	expect(b.path, words).toEqual(a.reversePath);
}

describe.skipIf(obstacle !== null)(skippable("whither meet between two homes", obstacle), () => {
	test.each([
		["no NAT", "no NAT", /^Direct, (inside one network|no NAT between): /],
		["port-restricted", "port-restricted", /^Direct, through your NAT at [\d.]+; theirs is at [\d.]+\.$/],
		[
			"address-restricted",
			"symmetric",
			/^Direct, through your NAT at [\d.]+; theirs is symmetric, so it came in as peer-reflexive\.$/,
		],
	])(
		"%s and %s: direct, and both trace the way on the pair's own sockets, to the other end",
		async (one, other, sentence) => {
			await withSite(one, other, async (site) => {
				const { a, b, codes, words } = await meet(site, CODE, []);
				expect(codes, words).toEqual([0, 0]);
				expect(a.why, words).toMatch(sentence);
				expectAgreement({ a, b }, words);
				for (const { path } of [a, b]) {
					expect(path, words).toMatchObject({ reached: true, channel: "borrowed" });
					expect(path?.hops.length, words).toBeGreaterThan(1);
				}
				expect([...a.warnings, ...b.warnings], words).toEqual([]);
			});
		},
		TEST_MS,
	);

	test(
		"both symmetric: by a relay, and each end traces its own way to it",
		async () => {
			await withSite("symmetric", "symmetric", async (site) => {
				const { a, b, codes, words } = await meet(site, CODE, []);
				expect(codes, words).toEqual([0, 0]);
				for (const { why } of [a, b])
					expect(why, words).toMatch(
						/relay at [\d.:]+, since both NATs give each destination a port of its own \(symmetric\)\.$/,
					);
				expectAgreement({ a, b }, words);
				for (const { path } of [a, b]) expect(path, words).toMatchObject({ reached: true, channel: "borrowed" });
			});
		},
		TEST_MS,
	);

	test(
		"relays alone: by a relay, and says so",
		async () => {
			await withSite("port-restricted", "port-restricted", async (site) => {
				const { a, b, codes, words } = await meet(site, CODE, ["--policy", "relay"]);
				expect(codes, words).toEqual([0, 0]);
				expect(a.why, words).toMatch(/since nothing else was allowed \(--policy relay\)\.$/);
				expectAgreement({ a, b }, words);
			});
		},
		TEST_MS,
	);

	test(
		"no way to trace is asked for: both say so, and are connected",
		async () => {
			await withSite("full cone", "port-restricted", async (site) => {
				const { a, b, codes, words } = await meet(site, CODE, ["--no-trace"]);
				expect(codes, words).toEqual([0, 0]);
				for (const one of [a, b])
					expect(one, words).toMatchObject({ path: null, pathMissing: { code: "notAsked" }, reversePath: null });
			});
		},
		TEST_MS,
	);

	test(
		"UDP is blocked here but for TCP to port 443: by a relay over TLS there, traced beside the pair; without one there is no way, and it is said what would do",
		async () => {
			const scenario = natWorld({ a: natKind("UDP blocked"), b: natKind("port-restricted") });
			const [address = "", other = ""] = publicAddresses(scenario, "srv", 4);
			const certificates = makeCertificates([other]);
			const lab = await openLab(scenario);
			const namespace = lab.namespaceOf("srv");
			const open = (listen: string, options: readonly string[]) =>
				openServe({ namespace, addresses: [listen], options });
			const relayOptions = ["--no-http", "--secret", "north", "--allow-peer=0.0.0.0/0", "--tls-port=443"];
			const security = ["--cert", certificates.certificate, "--key", certificates.key];
			const servers = await Promise.all([
				open(address, ["--insecure", "--port=443", "--no-turn"]),
				open(other, [...relayOptions, ...security]),
			]);
			try {
				const site = { lab, address, url: `http://${address}:443` };
				const relay = ["--turn", `turns:${other}:443`, "--secret", "north", "--ca", certificates.authority];
				const [by, without] = await Promise.all([
					meet(site, "7-otter-velvet", relay, []),
					meet(site, "8-walnut-copper", [], []),
				]);
				expect(by.codes, by.words).toEqual([0, 0]);
				expect(by.a.why, by.words).toBe(`By our relay at ${other}:443 over TLS, since UDP is blocked here.`);
				expect(by.b.why, by.words).toMatch(/^By the other end's relay at [\d.]+, since UDP is blocked there\.$/);
				expectAgreement(by, by.words);
				expect(by.a.warnings, by.words).toEqual([{ code: "tracedBeside", whose: "ours", method: "tcpinsession" }]);
				expect(by.a.path, by.words).not.toBeNull();
				expect(without.codes, without.words).toEqual([1, 1]);
				expect(without.a.why, without.words).toBe(
					"No way: UDP is blocked here; a relay over TCP 443 would be reached: that port passes here.",
				);
			} finally {
				await Promise.all(servers.map((server) => server.close()));
				await lab.close();
				certificates.remove();
			}
		},
		TEST_MS,
	);
});
