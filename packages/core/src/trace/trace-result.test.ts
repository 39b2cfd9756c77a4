import { encodeIcmpError, IP_PROTOCOL } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { ipPacket, replyFromSegment } from "./capture/packets.ts";
import type { ProbeSend } from "./channel.ts";
import { probeContext } from "./context.ts";
import { findMethod } from "./methods/index.ts";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "./options.ts";
import { NO_CRYPTO } from "./path.fixture.ts";
import type { ProbeResult } from "./result.ts";
import { traceResult } from "./trace-result.ts";
import { Tracer } from "./tracer.ts";

const SOURCE = "192.0.2.1";
const TARGET = "203.0.113.7";
const ROUTER = "198.51.100.9";

/** The first probe of a raw UDP trace whose first router quotes the packet as `alter` leaves it. */
function answeredProbe(options: Partial<TraceOptions>, alter: (quoted: Uint8Array) => void): ProbeResult | undefined {
	const method = findMethod("udp");
	const need = method?.channels.find(({ kind }) => kind === "raw");
	if (method === undefined || need === undefined) throw new Error("no raw udp");
	const orders = { ...DEFAULT_TRACE_OPTIONS, family: 4 as const, target: TARGET, targetName: TARGET, ...options };
	const channel = { kind: "raw" as const, source: SOURCE, sourcePorts: [50_000] };
	const context = probeContext(orders, {
		method,
		need,
		channel,
		key: 0x1234_5678,
		secret: new Uint8Array(32),
		crypto: NO_CRYPTO,
	});
	const tracer = new Tracer({ method, options: orders, context });
	const sent: ProbeSend[] = [];
	for (const output of tracer.step({ type: "start" }, 0)) if (output.type === "send") sent.push(...output.probes);
	const [first] = sent;
	if (first === undefined) throw new Error("nothing was sent");
	const { tos, flowLabel, dontFragment } = orders;
	const frame = { family: 4 as const, source: SOURCE, target: TARGET, tos, flowLabel, dontFragment };
	const quoted = ipPacket(frame, { ...first, ttl: 1 });
	alter(quoted);
	const segment = encodeIcmpError(4, { type: 11, code: 0, quoted });
	const ends = { family: 4 as const, from: ROUTER, to: SOURCE, ttl: 64, tos: 0, protocol: IP_PROTOCOL.icmp, segment };
	const reply = replyFromSegment({ at: MILLISECOND, stamp: "kernel", ...ends });
	if (reply === null) throw new Error("no reply");
	tracer.step({ type: "reply", reply }, MILLISECOND);
	tracer.step({ type: "stop" }, 2 * MILLISECOND);
	const result = traceResult(tracer, {
		tool: { name: "test", version: "0" },
		args: [],
		startedAt: "2026-01-01T00:00:00Z",
	});
	return result.hops[0]?.probes[0];
}

describe("what was quoted", () => {
	it("lists no change where the packet arrived as it was sent", () => {
		expect(answeredProbe({}, () => {})?.quoted).toEqual({ tos: 0, ttl: 1, source: SOURCE, length: 60, changes: [] });
	});

	it("says that DSCP and ECN were rewritten", () => {
		const probe = answeredProbe({ tos: 0xb9 }, (quoted) => {
			quoted[1] = 0;
		});
		expect(probe?.quoted?.changes).toEqual(expect.arrayContaining(["tos 0xb9 -> 0x00", "dscp 46 -> 0"]));
	});

	it("shows the address that a NAT gave us", () => {
		const probe = answeredProbe({}, (quoted) => quoted.set([198, 51, 100, 77], 12));
		expect(probe?.quoted?.source).toBe("198.51.100.77");
		expect(probe?.quoted?.changes).toContain("source 192.0.2.1 -> 198.51.100.77");
	});
});
