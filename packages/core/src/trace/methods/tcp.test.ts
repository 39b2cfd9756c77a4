import { decodeTcp, encodeTcp, IP_PROTOCOL, isDecodeError, TCP_FLAGS, type TcpHeader } from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { Reply } from "../channel.ts";
import type { ProbeContext, ProbeRequest, TraceEvidence } from "../method.ts";
import { checkMethodOptions, parseMethodOptions } from "../method-options.ts";
import type { ProbeResult } from "../result.ts";
import { arrived, contextOf, FAMILIES, HEADER, SOURCE, SOURCE_PORT, TARGET } from "./method.fixture.ts";
import { tcp } from "./tcp.ts";
import { askedFlags, ecnAgreement, tcpOptionsWithSysctl } from "./tcp-asked.ts";

const { syn, ack, fin, rst, psh, urg, ece, cwr, ae } = TCP_FLAGS;

/** With the options of a text as after `-O`, and a port for each of 90 probes. */
function tcpContext(options: string, changes: Partial<ProbeContext> = {}): ProbeContext {
	const sourcePorts = Array.from({ length: 90 }, (_, index) => SOURCE_PORT + index);
	return contextOf(tcp, changes.family ?? 4, { sourcePorts, options: parseMethodOptions(options), ...changes });
}

function segmentOf(context: ProbeContext, request: Partial<ProbeRequest> = {}) {
	const { bytes } = tcp.probe(context, { ttl: 1, sequence: 5, flow: 0, ...request });
	const decoded = decodeTcp(bytes);
	if (isDecodeError(decoded)) throw new Error("not TCP");
	return { ...decoded, bytes };
}

/** The target's answer to this segment. */
function answer(context: ProbeContext, to: TcpHeader, fields: Partial<TcpHeader>): Reply {
	const { family } = context;
	const segment = encodeTcp(
		{
			family,
			source: TARGET[family],
			destination: SOURCE[family],
			sourcePort: to.destinationPort,
			destinationPort: to.sourcePort,
			sequence: fields.sequence ?? 1,
			acknowledgment: fields.acknowledgment ?? 0,
			flags: fields.flags ?? 0,
		},
		new Uint8Array(0),
	);
	return arrived(context, IP_PROTOCOL.tcp, segment);
}

describe("a connection that the target opens", () => {
	it.each(FAMILIES)("is reset by us where the kernel's reset may take another way, IPv%d", (family) => {
		for (const kernelStrays of [true, undefined] as const) {
			const context = tcpContext("", { family, ...(kernelStrays === undefined ? {} : { kernelStrays }) });
			const { header } = segmentOf(context);
			const acknowledgment = (header.sequence + 1) >>> 0;
			const match = tcp.match(context, answer(context, header, { flags: syn | ack, acknowledgment }));
			const farewell = match.type === "probe" ? match.farewell : undefined;
			if (kernelStrays === undefined) {
				expect(farewell).toBeUndefined();
				continue;
			}
			const reset = decodeTcp(farewell?.bytes ?? new Uint8Array(0));
			expect(reset).toMatchObject({ header: { flags: rst, sequence: acknowledgment, sourcePort: header.sourcePort } });
			const refused = tcp.match(context, answer(context, header, { flags: rst | ack, acknowledgment }));
			expect(refused).not.toHaveProperty("farewell");
		}
	});
});

describe("the flags of tcp", () => {
	it.each([
		["", syn],
		["syn", syn],
		["ack", ack],
		["syn,ack", syn | ack],
		["fin,psh,urg", fin | psh | urg],
		["rst", rst],
		["flags=0", 0],
		["flags=0x1ff", 0x1ff],
		["flags=18", syn | ack],
		["ecn", syn | ece | cwr],
		["acc-ecn", syn | ae | ece | cwr],
		["ae,cwr,ece,syn", syn | ae | ece | cwr],
		["info", syn],
	])("are those that -O %s names", (options, flags) => {
		expect(askedFlags(parseMethodOptions(options))).toBe(flags);
		expect(segmentOf(tcpContext(options)).header.flags).toBe(flags);
	});

	it.each(["flags=512", "flags=-1", "flags=x", "flags=", "mss=0", "mss=65536", "window=70000", "flags", "syn=1"])(
		"refuse %s",
		(options) => {
			expect(checkMethodOptions(tcp, parseMethodOptions(options))).not.toBeNull();
		},
	);

	it.each([
		["ecn,acc-ecn", "ecn", "acc-ecn"],
		["sysctl,ecn", "ecn", "sysctl"],
		["acc-ecn,sysctl", "acc-ecn", "sysctl"],
		["ecn,ae", "ecn", "ae"],
		["flags=16,syn", "flags", "syn"],
		["fin,flags=0x10", "flags", "fin"],
		["ecn,flags=2", "flags", "ecn"],
	])("contradict each other in %s", (options, name, other) => {
		expect(checkMethodOptions(tcp, parseMethodOptions(options))).toEqual({ code: "conflict", name, other });
	});

	it("may say the same twice in other words", () => {
		for (const options of ["ecn,syn,ece", "acc-ecn,ae", "flags=2,mss=536,info", "syn,ack,fin"])
			expect(checkMethodOptions(tcp, parseMethodOptions(options)), options).toBeNull();
	});

	it.each([
		[0, "sysctl", {}],
		[1, "sysctl", { ecn: true }],
		[2, "sysctl", {}],
		[3, "sysctl", { "acc-ecn": true }],
		[1, "sysctl,mss=1000", { ecn: true, mss: "1000" }],
		[1, "mss=1000", { mss: "1000" }],
	])("follow a net.ipv4.tcp_ecn of %d for -O %s", (value, options, expected) => {
		expect(tcpOptionsWithSysctl(parseMethodOptions(options), value)).toEqual(expected);
	});
});

describe.each(FAMILIES)("the packets of tcp over IPv%i", (family) => {
	const header = HEADER[family];

	it("carry the options of a SYN in a SYN only", () => {
		const plain = tcpContext("", { family });
		expect(plain.length).toBe(header + 40);
		expect(segmentOf(plain).bytes.length).toBe(40);
		const acknowledgment = tcpContext("ack", { family });
		expect(acknowledgment.length).toBe(header + 20);
		expect(segmentOf(acknowledgment).bytes.length).toBe(20);
	});

	it("offer the MSS and the window asked for", () => {
		const { header } = segmentOf(tcpContext("mss=536,window=0x400", { family }));
		expect(header.window).toBe(1024);
		expect(header.options.find(({ name }) => name === "maximumSegmentSize")?.value).toBe(536);
	});

	it("are as long as is asked, and never shorter than their headers", () => {
		for (const options of ["", "ack"]) {
			const context = tcpContext(options, { family });
			expect(segmentOf(context, { length: 1400 }).bytes.length + header).toBe(1400);
			expect(segmentOf(context, { length: 30 }).bytes.length + header).toBe(context.length);
		}
	});
});

describe("the answers to tcp", () => {
	it("name the probe that a SYN/ACK or a reset acknowledges, with its payload or without", () => {
		const context = tcpContext("");
		const { header, payload } = segmentOf(context, { length: 1500 });
		const acknowledged = (header.sequence + 1) >>> 0;
		const synAck = answer(context, header, { flags: syn | ack, acknowledgment: acknowledged });
		expect(tcp.match(context, synAck)).toMatchObject({ type: "probe", sequence: 5, meaning: { kind: "synAck" } });
		for (const acknowledgment of [acknowledged, (acknowledged + payload.length) >>> 0]) {
			const reset = answer(context, header, { flags: rst | ack, acknowledgment });
			expect(tcp.match(context, reset)).toMatchObject({ type: "probe", sequence: 5, meaning: { kind: "rst" } });
		}
	});

	it("name a probe with ACK by the reset's own number", () => {
		for (const options of ["ack", "syn,ack", "fin,ack"]) {
			const context = tcpContext(options);
			const { header } = segmentOf(context);
			const reset = answer(context, header, { flags: rst, sequence: header.acknowledgment });
			expect(tcp.match(context, reset)).toMatchObject({ sequence: 5, meaning: { kind: "rst", place: "target" } });
			const other = answer(context, header, { flags: rst, sequence: header.acknowledgment + 1 });
			expect(tcp.match(context, other)).toEqual({ type: "foreign", reason: "otherKey" });
		}
	});

	it.each([
		["fin", 1],
		["flags=0", 0],
		["fin,psh,urg", 1],
	])("name a probe with -O %s by the reset that acknowledges it", (options, taken) => {
		const context = tcpContext(options);
		const { header } = segmentOf(context);
		const acknowledgment = (header.sequence + taken) >>> 0;
		const reset = answer(context, header, { flags: rst | ack, sequence: 0, acknowledgment });
		expect(tcp.match(context, reset)).toMatchObject({ sequence: 5, meaning: { kind: "rst" } });
		expect(tcp.match(context, answer(context, header, { flags: rst, sequence: 0 })).type).toBe("foreign");
	});

	it("tell what ECN was agreed on, where it was offered", () => {
		const agreed = (options: string, flags: number) => {
			const context = tcpContext(options);
			const { header } = segmentOf(context);
			const acknowledgment = (header.sequence + 1) >>> 0;
			const match = tcp.match(context, answer(context, header, { flags: syn | ack | flags, acknowledgment }));
			return match.type === "probe" ? match.meaning.detail : null;
		};
		expect(agreed("", ece)).not.toHaveProperty("ecn");
		expect(agreed("ecn", ece)).toMatchObject({ ecn: "ecn", flags: ["syn", "ack", "ece"] });
		expect(agreed("ecn", 0)).toMatchObject({ ecn: "none" });
		expect(agreed("acc-ecn", cwr | ece)).toMatchObject({ ecn: "accEcn", ecnSeen: "ect1" });
	});

	it("read AE, CWR and ECE as RFC 9768 section 3.1.2 has them, and a reflected offer as none", () => {
		expect(ecnAgreement("ecn", ece | cwr)).toEqual({ ecn: "none" });
		expect(ecnAgreement("accEcn", 0)).toEqual({ ecn: "none" });
		expect(ecnAgreement("accEcn", ece)).toEqual({ ecn: "ecn" });
		expect(ecnAgreement("accEcn", cwr)).toEqual({ ecn: "accEcn", ecnSeen: "not-ect" });
		expect(ecnAgreement("accEcn", ae)).toEqual({ ecn: "accEcn", ecnSeen: "ect0" });
		expect(ecnAgreement("accEcn", ae | cwr)).toEqual({ ecn: "accEcn", ecnSeen: "ce" });
		expect(ecnAgreement("accEcn", ae | ece)).toEqual({ ecn: "ecn" });
		expect(ecnAgreement("accEcn", ae | cwr | ece)).toEqual({ ecn: "none" });
	});
});

describe("marked SYNs", () => {
	const marked = tcpContext("ecn", { tos: 0xb9 });

	describe.each(FAMILIES)("over IPv%i", (family) => {
		it.each([
			["ecn", 0xb9],
			["ecn", 0xb8],
			["acc-ecn", 0xb8],
			["ece,cwr,syn", 0xb8],
			["flags=0xc2", 0xb8],
			["", 0xb9],
			["", 0xba],
			["", 0xbb],
			["mss=536", 0xb9],
		])("go with as many unmarked ones, which neither offer ECN nor bear a mark: -O %s, TOS %i", (options, tos) => {
			const context = tcpContext(options, { family, tos });
			const companions = tcp.companions?.(context, { when: "start" }) ?? [];
			expect(companions).toEqual([0, 1, 2].map((query) => ({ name: "unmarked", ttl: 255, query, tos: 0xb8 })));
			expect(segmentOf(context, { companion: "unmarked" }).header.flags).toBe(syn);
			expect(tcp.companions?.(context, { when: "end", lastTtl: 3, reached: false })).toEqual([]);
		});

		it.each([
			["", 0xb8],
			["syn,ece", 0],
			["ecn,no-extra-ping", 1],
			["no-extra-ping", 1],
			["ack", 1],
			["fin", 1],
		])("go alone where they have no ECN, are no SYNs, or it is asked for: -O %s, TOS %i", (options, tos) => {
			expect(tcp.companions?.(tcpContext(options, { family, tos }), { when: "start" })).toEqual([]);
		});
	});

	const silent: ProbeResult = {
		seq: 0,
		flow: 0,
		sentAtNs: 0,
		status: "timeout",
		from: null,
		name: null,
		rttNs: null,
		stamps: null,
		reply: null,
		quoted: null,
		extensions: [],
	};
	const head = { icmp: null, tos: 0, mtu: null, detail: {} };
	const synAck: ProbeResult = {
		...silent,
		status: "reply",
		from: TARGET[4],
		reply: { ...head, kind: "synAck", ttl: 60 },
	};
	const evidence = (ttl: number, last: ProbeResult, unmarked: ProbeResult): TraceEvidence => ({
		reached: false,
		hops: [{ ttl, probes: [last] }],
		companions: [{ name: "unmarked", ttl: 255, probes: [unmarked] }],
	});

	it("are said to be dropped where only unmarked ones are answered", () => {
		expect(tcp.conclusions?.(marked, evidence(30, silent, synAck))).toEqual([{ code: "ecnDropped" }]);
	});

	it("are not where the target is down, was reached, or lies beyond the last hop asked", () => {
		expect(tcp.conclusions?.(marked, evidence(30, silent, silent))).toEqual([]);
		expect(tcp.conclusions?.(marked, { ...evidence(30, silent, synAck), reached: true })).toEqual([]);
		expect(tcp.conclusions?.(marked, evidence(3, silent, synAck))).toEqual([]);
		const router: ProbeResult = { ...synAck, from: "198.51.100.9", reply: { ...head, kind: "timeExceeded", ttl: 60 } };
		expect(tcp.conclusions?.(marked, evidence(30, router, synAck))).toEqual([]);
		expect(tcp.conclusions?.(marked, evidence(30, silent, router))).toEqual([]);
	});
});
