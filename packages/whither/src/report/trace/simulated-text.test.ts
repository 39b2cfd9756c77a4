import { runTrace, type Scenario } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { formatSummary } from "./summary.ts";
import { formatText } from "./text.ts";

type Options = NonNullable<Scenario["trace"]["options"]>;

/** Home, three routers that each do something to packets, and a server; the last link is narrow. */
function scenario(options: Options): Scenario {
	return {
		name: "text",
		about: "Everything that --changes, --mtu and sessions show.",
		families: [4],
		nodes: {
			home: { kind: "host" },
			bleacher: { kind: "router", bleaches: "dscp" },
			clamp: { kind: "router", clampsMss: 1360 },
			narrow: { kind: "router" },
			server: { kind: "host", tcpPorts: { open: [443] }, tcp: { ecn: true } },
		},
		links: [
			{ between: ["home", "bleacher"], delayMs: 1 },
			{ between: ["bleacher", "clamp"], delayMs: 1 },
			{ between: ["clamp", "narrow"], delayMs: 1 },
			{ between: ["narrow", "server"], delayMs: 1, mtu: 1400 },
		],
		trace: { from: "home", to: "server", options: { queries: 2, ...options } },
		lab: "only text is looked at",
		expect: { reached: true, stopReason: "reached", hops: [] },
	};
}

/** The text of a run; every time is written as T. */
function textOf(channel: "raw" | "session", options: Options, choices: Parameters<typeof formatText>[1] = {}) {
	const { result } = runTrace(scenario(options), { family: 4, channel });
	const text = formatText(result, { numeric: true, ...choices });
	return {
		result,
		lines: text
			.replaceAll(/\d+\.\d{3} ms/g, "T ms")
			.split("\n")
			.slice(1, -1),
	};
}

describe("the simulated internet as text", () => {
	it("what changed on the way stands where it happened", () => {
		const { lines } = textOf("raw", { method: "tcp", tos: 40 }, { changes: true, tos: 40, info: true });
		expect(lines).toEqual([
			" 1  10.16.0.2 <TOS:40,DSCP:10,ECN:0>  T ms <TOS:40,DSCP:10,ECN:0>  T ms",
			" 2  10.16.4.2 <TOS:0,DSCP:0,ECN:0>  T ms <TOS:0,DSCP:0,ECN:0>  T ms [dscp 10 -> 0]",
			" 3  10.16.8.2 <TOS:0,DSCP:0,ECN:0>  T ms <TOS:0,DSCP:0,ECN:0>  T ms [mss 1460 -> 1360]",
			" 4  10.16.12.2 <syn,ack,MSS:1360>  T ms <syn,ack,MSS:1360>  T ms",
		]);
	});

	it("the path MTU is told by F= and in the summary", () => {
		const { lines, result } = textOf("raw", { method: "udp", pathMtu: true, dontFragment: true });
		expect(lines).toEqual([
			" 1  10.16.0.2 F=1500  T ms  T ms",
			" 2  10.16.4.2  T ms  T ms",
			" 3  10.16.8.2  T ms  T ms",
			" 4  10.16.12.2 F=1400  T ms  T ms",
		]);
		expect(formatSummary(result, { pathMtu: true })).toMatch(/ {3}Path MTU: 1400\n$/);
	});

	it("a session begins with its handshake, and its answers come by SACK", () => {
		const { lines } = textOf("session", { method: "tcpinsession" });
		expect(lines[0]).toMatch(/^hand {2}T ms <syn,ack,MSS:\d+,SACK>$/);
		expect(lines.at(-1)).toBe(" 4  10.16.12.2 <ack,SACK>  T ms <ack,SACK>  T ms");
	});

	it("answers to unmarked SYNs have a line of their own", () => {
		const { lines } = textOf(
			"raw",
			{ method: "tcp", tos: 2, methodOptions: { ecn: true, info: true } },
			{ info: true },
		);
		expect(lines.slice(-2)).toEqual([
			" 4  10.16.12.2 <syn,ack,ece,MSS:1360>  T ms <syn,ack,ece,MSS:1360>  T ms",
			"+ 4  10.16.12.2 <syn,ack,MSS:1360>  T ms <syn,ack,MSS:1360>  T ms",
		]);
	});
});
