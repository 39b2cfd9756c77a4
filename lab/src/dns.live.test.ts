import type { Family, TraceResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunningTool, runWhither, startTool } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const DNSMASQ = findProgram("dnsmasq");

function obstacleHere(): string | null {
	const lacking = labObstacle();
	if (lacking !== null) return lacking;
	const unbuilt = commandObstacle();
	if (unbuilt !== null) return unbuilt;
	return DNSMASQ === null ? "the server is dnsmasq (Debian package dnsmasq-base)" : null;
}

const obstacle = obstacleHere();
const title = "dns against a real server behind two routers";

/** A server that knows one name and asks nobody else. */
const SERVER = [
	DNSMASQ ?? "dnsmasq",
	...["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--port=53", "--pid-file"],
	...["--log-facility=-", "--host-record=www.example,192.0.2.80,2001:db8::80", "--local=/example/"],
	"--txt-record=www.example,one two",
];

const NAMES = { 4: "www.example. A 0 192.0.2.80", 6: "www.example. AAAA 0 2001:db8::80" } as const;

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;
	let server: RunningTool;

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 2 }));
		server = startTool(SERVER, { namespace: lab.namespaceOf("target"), timeoutMs: 120_000 });
		await new Promise<void>((resolve, reject) => {
			server.child.stderr?.on("data", (text: string) => text.includes("started") && resolve());
			server.outcome.then((outcome) => reject(new Error(describeOutcome(outcome))), reject);
		});
	});

	afterAll(async () => {
		server?.child.kill("SIGTERM");
		await server?.outcome;
		await lab?.close();
	});

	async function trace(family: Family, channel: string, options: readonly string[]): Promise<TraceResult> {
		const namespace = lab.namespaceOf("client");
		const args = ["trace", "--json", "-n", "-M", "dns", "--channel", channel, ...options];
		const user = channel === "raw" ? "root" : "nobody";
		const outcome = await runWhither([...args, lab.addressOf("target", family)], { namespace, user });
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		return JSON.parse(outcome.stdout) as TraceResult;
	}

	/** Routers by their errors, and every probe of the last hop answered by the server. */
	function expectAnswers(result: TraceResult, family: Family, detail: object): void {
		const shown = JSON.stringify(result.hops);
		expect(result, shown).toMatchObject({ reached: true, stopReason: "reached" });
		expect(result.hops.length, shown).toBe(3);
		for (const [index, hop] of result.hops.entries()) {
			const node = ["r1", "r2", "target"][index] ?? "";
			for (const probe of hop.probes) expect(probe.from, shown).toBe(lab.addressOf(node, family));
		}
		for (const probe of result.hops[2]?.probes ?? []) expect(probe.reply, shown).toMatchObject({ kind: "dns", detail });
	}

	for (const channel of ["errorQueue", "raw"]) {
		for (const family of [4, 6] as const) {
			test(`the answer is shown, IPv${family} over ${channel}`, async () => {
				const result = await trace(family, channel, ["-O", "domain=www.example"]);
				expectAnswers(result, family, { rcode: "NoError", truncated: false, answers: [NAMES[family]] });
			});

			test(`any type can be asked for, IPv${family} over ${channel}`, async () => {
				const result = await trace(family, channel, ["-O", "domain=www.example,type=TXT"]);
				expectAnswers(result, family, { rcode: "NoError", answers: ['www.example. TXT 0 "one two"'] });
			});

			test(`an error is an answer, IPv${family} over ${channel}`, async () => {
				const result = await trace(family, channel, ["-O", "domain=no.example,norecurse"]);
				expectAnswers(result, family, { rcode: "NXDomain", answers: [] });
			});
		}
	}

	test("the server refuses the root, padded or not, which is an answer too", async () => {
		expectAnswers(await trace(4, "errorQueue", []), 4, { rcode: "Refused" });
		const args = ["trace", "--json", "-n", "-M", "dns", lab.addressOf("target", 4), "400"];
		const outcome = await runWhither(args, { namespace: lab.namespaceOf("client"), user: "nobody" });
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		expectAnswers(JSON.parse(outcome.stdout) as TraceResult, 4, { rcode: "Refused" });
	});
});
