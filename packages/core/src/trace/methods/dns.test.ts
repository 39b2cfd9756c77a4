import { decodeDns, decodeUdp, dnsData, encodeDns, encodeDnsQuery, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { Family, IcmpErrorReply, PacketReply } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import { checkMethodOptions } from "../method-options.ts";
import { dns } from "./dns.ts";
import { contextOf, FAMILIES, ROUTER, SOURCE_PORT, TARGET } from "./method.fixture.ts";

/** IP and UDP. */
const HEADERS = { 4: 28, 6: 48 } as const;

function dnsContext(family: Family, changes: Partial<ProbeContext> = {}): ProbeContext {
	return contextOf(dns, family, {
		channel: "errorQueue",
		transport: "udp",
		targetName: "resolver.example",
		...changes,
	});
}

const bytesOf = (context: ProbeContext, sequence: number) => dns.probe(context, { ttl: 1, sequence, flow: 0 }).bytes;

function queryOf(context: ProbeContext, sequence = 0) {
	const query = decodeDns(bytesOf(context, sequence));
	if (isDecodeError(query)) throw new Error("no query");
	return query;
}

function packet(context: ProbeContext, payload: Uint8Array, changes: Partial<PacketReply> = {}): PacketReply {
	return {
		type: "packet",
		at: 1,
		stamp: "kernel",
		from: context.target,
		ttl: null,
		tos: null,
		socket: null,
		protocol: IP_PROTOCOL.udp,
		sourcePort: context.port,
		destinationPort: SOURCE_PORT,
		segment: null,
		payload,
		...changes,
	};
}

/** Time Exceeded as the channel tells it, quoting so many bytes of the query, and the UDP header where it is seen. */
function timeExceeded(context: ProbeContext, query: Uint8Array, segment: Uint8Array | null = null): IcmpErrorReply {
	const { family } = context;
	const head = { at: 1, stamp: "kernel", from: ROUTER[family], ttl: 60, tos: 0, socket: null } as const;
	const quoted = {
		protocol: IP_PROTOCOL.udp,
		source: null,
		destination: context.target,
		sourcePort: null,
		destinationPort: 53,
		segment,
		payload: query,
		bytes: null,
		ip: null,
	};
	return {
		...head,
		type: "icmpError",
		icmp: { type: family === 4 ? 11 : 3, code: 0 },
		mtu: null,
		quoted,
		extensions: [],
	};
}

function record(family: Family, name = "resolver.example.") {
	const data = family === 4 ? dnsData("A", { address: "192.0.2.53" }) : dnsData("AAAA", { address: "2001:db8::53" });
	return { name, class: 1, ttl: 300, data };
}

describe.each(FAMILIES)("dns, IPv%i", (family) => {
	const context = dnsContext(family);

	it("asks for the address of the target's name, and of the root where it has none", () => {
		const type = family === 4 ? 1 : 28;
		expect(queryOf(context)).toMatchObject({
			response: false,
			recursionDesired: true,
			questions: [{ name: "resolver.example.", type, class: 1 }],
			cut: null,
		});
		for (const targetName of [TARGET[family], "fe80::1%eth0", "münchen.example", "a..b"]) {
			expect(queryOf(dnsContext(family, { targetName })).questions).toEqual([{ name: ".", type, class: 1 }]);
		}
	});

	it("asks for what its options say", () => {
		const options = { domain: "example.org", type: "https", norecurse: true } as const;
		expect(queryOf(dnsContext(family, { options }))).toMatchObject({
			recursionDesired: false,
			questions: [{ name: "example.org.", type: 65 }],
		});
		expect(queryOf(dnsContext(family, { options: { type: "65280" } })).questions[0]?.type).toBe(65_280);
	});

	it("is as long as its query, and padded where more was asked for", () => {
		const question = encodeDnsQuery({ id: 0, name: "resolver.example", type: 1 });
		expect(bytesOf(context, 0).length).toBe(question.length);
		const root = dnsContext(family, { targetName: TARGET[family] });
		expect(bytesOf(root, 0).length + HEADERS[family]).toBe(dns.minimumLength[family]);
		for (const more of [4, 5, 100]) {
			const length = dns.minimumLength[family] + more;
			const padded = { ...root, length };
			expect(bytesOf(padded, 0).length + HEADERS[family]).toBe(length);
			expect(queryOf(padded).edns?.options).toMatchObject([{ name: "padding" }]);
		}
		// A padding option takes four bytes.
		expect(bytesOf({ ...root, length: root.length + 1 }, 0).length).toBe(bytesOf(root, 0).length + 4);
	});

	it("shows what was answered, and to which probe", () => {
		for (const sequence of [0, 1, 99, 20_000]) {
			const { id, questions } = queryOf(context, sequence);
			const response = encodeDns({ id, response: true, questions, answers: [record(family)] });
			expect(dns.match(context, packet(context, response))).toEqual({
				type: "probe",
				sequence,
				meaning: {
					kind: "dns",
					place: "target",
					detail: {
						rcode: "NoError",
						truncated: false,
						answers: [family === 4 ? "resolver.example. A 300 192.0.2.53" : "resolver.example. AAAA 300 2001:db8::53"],
					},
				},
			});
		}
	});

	it("shows errors, truncation and no more than sixteen answers", () => {
		const { id, questions } = queryOf(context, 7);
		const answers = Array.from({ length: 20 }, () => record(family));
		const response = encodeDns({ id, response: true, truncated: true, rcode: 3, questions, answers });
		const match = dns.match(context, packet(context, response));
		expect(match).toMatchObject({ sequence: 7, meaning: { detail: { rcode: "NXDomain", truncated: true } } });
		expect(match.type === "probe" && match.meaning.detail.answers).toHaveLength(16);
	});

	it("counts an answer from elsewhere if it is to our question, and in any case of letters", () => {
		const { id, questions } = queryOf(context, 3);
		const shouted = questions.map((question) => ({ ...question, name: "RESOLVER.Example." }));
		const response = encodeDns({ id, response: true, questions: shouted });
		const elsewhere = packet(context, response, { from: ROUTER[family] });
		expect(dns.match(context, elsewhere)).toMatchObject({ sequence: 3, meaning: { place: "target" } });
	});

	it("counts an error without a question if it is the target's", () => {
		const { id } = queryOf(context, 3);
		const bare = packet(context, encodeDns({ id, response: true, rcode: 1 }));
		expect(dns.match(context, bare)).toMatchObject({ sequence: 3, meaning: { detail: { rcode: "FormErr" } } });
		expect(dns.match(context, { ...bare, from: ROUTER[family] }).type).toBe("foreign");
		expect(dns.match(context, packet(context, encodeDns({ id, response: true }))).type).toBe("foreign");
	});

	it("believes no other question, port or protocol, and no query", () => {
		const { id, questions } = queryOf(context, 3);
		const response = encodeDns({ id, response: true, questions });
		const foreign = (reply: PacketReply) => expect(dns.match(context, reply).type).toBe("foreign");
		for (const change of [{ name: "other.example." }, { type: 16 }, { class: 3 }]) {
			const others = questions.map((question) => ({ ...question, ...change }));
			foreign(packet(context, encodeDns({ id, response: true, questions: others })));
		}
		foreign(packet(context, encodeDns({ id, response: true, questions: [...questions, ...questions] })));
		foreign(packet(context, response, { sourcePort: 54 }));
		foreign(packet(context, response, { destinationPort: 50_001 }));
		foreign(packet(context, response, { protocol: IP_PROTOCOL.tcp }));
		foreign(packet(context, bytesOf(context, 3)));
	});

	it("takes an answer with a forged id for no probe that was sent", () => {
		const { id, questions } = queryOf(context, 3);
		const forged = encodeDns({ id: id ^ 0x8000, response: true, questions });
		const match = dns.match(context, packet(context, forged));
		expect(match.type === "probe" && match.sequence).toBeGreaterThan(1000);
	});

	it("returns a verdict on every truncation of an answer", () => {
		const { id, questions } = queryOf(context, 5);
		const response = encodeDns({ id, response: true, questions, answers: [record(family), record(family)] });
		const questionEnd = encodeDns({ id, response: true, questions }).length;
		for (let length = 0; length <= response.length; length++) {
			const match = dns.match(context, packet(context, response.subarray(0, length)));
			if (length < questionEnd) expect(match.type).toBe("foreign");
			else expect(match).toMatchObject({ type: "probe", sequence: 5 });
		}
	});

	it("knows its probe by two quoted bytes on, and only its flow by fewer", () => {
		const query = bytesOf(context, 42);
		for (let length = 0; length <= query.length; length++) {
			const match = dns.match(context, timeExceeded(context, query.subarray(0, length)));
			if (length < 2) expect(match).toMatchObject({ type: "flow", meaning: { kind: "timeExceeded" } });
			else expect(match).toMatchObject({ type: "probe", sequence: 42, meaning: { place: "hop" } });
		}
	});

	it("believes no quote that differs from its query behind the id", () => {
		const query = bytesOf(context, 42);
		for (let index = 2; index < query.length; index++) {
			const other = query.slice();
			other[index] = (other[index] ?? 0) ^ 1;
			// With options of 256 bytes it is the cut quote of a longer query of ours.
			if (index === query.length - 2) continue;
			expect(dns.match(context, timeExceeded(context, other))).toEqual({ type: "foreign", reason: "otherKey" });
		}
	});

	it("knows the probes that were asked to be longer, by a whole quote and a cut one", () => {
		for (const length of [200, 201, 1400]) {
			const { bytes } = dns.probe(context, { ttl: 1, sequence: 42, flow: 0, length });
			expect(bytes.length + HEADERS[family]).toBe(length);
			for (const quoted of [bytes, bytes.subarray(0, 20), bytes.subarray(0, 100)]) {
				expect(dns.match(context, timeExceeded(context, quoted))).toMatchObject({ type: "probe", sequence: 42 });
			}
		}
	});

	it("knows its probe by the checksum of a bare UDP header, but for the two ids that share one", () => {
		const raw = dnsContext(family, { channel: "raw", transport: "ip" });
		const byHeader = (sequence: number) => {
			const segment = bytesOf(raw, sequence).subarray(0, 8);
			return dns.match(raw, timeExceeded(raw, new Uint8Array(0), segment));
		};
		const decoded = decodeUdp(bytesOf(raw, 0));
		expect(isDecodeError(decoded)).toBe(false);
		for (let sequence = 0; sequence < 0x10000; sequence += 251) {
			expect(byHeader(sequence)).toMatchObject({ type: "probe", sequence });
		}
		const wrap = 0x10000 - (raw.key & 0xffff);
		for (const sequence of [wrap - 1, wrap]) expect(byHeader(sequence).type).toBe("flow");
		for (const sequence of [wrap - 2, wrap + 1]) expect(byHeader(sequence)).toMatchObject({ type: "probe", sequence });
	});
});

describe("the options of dns", () => {
	it("says what is wrong with them", () => {
		expect(checkMethodOptions(dns, { domain: "example.org", type: "TYPE65280", norecurse: true })).toBeNull();
		expect(checkMethodOptions(dns, { domain: "a..b" })).toMatchObject({ code: "badValue", name: "domain" });
		for (const type of ["NOSUCH", "65536", ""]) {
			expect(checkMethodOptions(dns, { type })).toMatchObject({ code: "badValue", name: "type" });
		}
		expect(checkMethodOptions(dns, { norecurse: "yes" })).toMatchObject({ code: "takesNoValue" });
	});
});
