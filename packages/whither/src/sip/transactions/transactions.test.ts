import { MILLISECOND, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import type { SipRequest } from "../message/message.ts";
import type { SipHop } from "../transport/hop.ts";
import { ClientTransaction, type NoAnswer } from "./client.ts";
import { type RequestEnvelope, type ResponseEnvelope, readEnvelope } from "./envelope.ts";
import { serverKey } from "./matching.ts";
import { ServerTransaction } from "./server.ts";
import { Transactions } from "./transactions.ts";

const UDP: SipHop = { transport: "udp", address: "192.0.2.1", port: 5060 };
const TCP: SipHop = { ...UDP, transport: "tcp" };
const NOTHING = new Uint8Array(0);
const [ASKED, ACK, ANSWERED] = [1, 2, 3].map((byte) => Uint8Array.of(byte)) as [Uint8Array, Uint8Array, Uint8Array];

function request(
	method: string,
	via = "SIP/2.0/UDP a.example;branch=z9hG4bK1",
	more: readonly [string, string][] = [],
): SipRequest {
	const fields = [
		["Via", via],
		["From", "<sip:a@x>;tag=a"],
		["To", "<sip:b@x>"],
		["Call-ID", "id"],
		["CSeq", `1 ${method}`],
		...more,
	];
	return {
		kind: "request",
		method,
		uri: "sip:b@x",
		headers: fields.map(([name = "", value = ""]) => ({ name, value })),
		body: NOTHING,
	};
}

const read = (message: SipRequest) => readEnvelope(message) as RequestEnvelope;
const response = (status: number) =>
	readEnvelope({ ...request("INVITE"), kind: "response", status, reason: "" } as never) as ResponseEnvelope;

/** What happens at which time, in milliseconds, as long as it has deadlines. */
function timeline(
	machine: { dueAt: number; tick(now: number): void },
	log: string[],
	until = 400 * SECOND,
): readonly string[] {
	const lines = [];
	for (let now = machine.dueAt; now < until; now = machine.dueAt) {
		machine.tick(now);
		lines.push(...log.splice(0).map((what) => `${now / MILLISECOND} ${what}`));
	}
	return lines;
}

function client(method: string, hop: SipHop) {
	const log: string[] = [];
	const user = {
		response: ({ message }: ResponseEnvelope) => log.push(`heard ${message.status}`),
		overdue: () => log.push("overdue"),
		failed: ({ code }: NoAnswer) => log.push(code),
	};
	const send = (bytes: Uint8Array) => log.push(bytes === ACK ? "ack" : "sent");
	const acknowledge = method === "INVITE" ? () => ACK : null;
	const order = { request: request(method), bytes: ASKED, hop, user: user as never, acknowledge, send };
	const transaction = new ClientTransaction(order, 0);
	return { transaction, log };
}

describe("a request of ours", () => {
	it("INVITE is sent again at doubling times until timer B", () => {
		const { transaction, log } = client("INVITE", UDP);
		expect(log.splice(0)).toEqual(["sent"]);
		const times = [500, 1500, 3500, 7500, 15_500, 31_500];
		expect(timeline(transaction, log)).toEqual([...times.map((at) => `${at} sent`), "32000 timeout"]);
		expect(transaction.state).toBe("terminated");
	});

	it("others are sent again at times that double up to T2, until timer F", () => {
		const { transaction, log } = client("OPTIONS", UDP);
		log.length = 0;
		const times = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
		expect(timeline(transaction, log)).toEqual([...times.map((at) => `${at} sent`), "32000 timeout"]);
	});

	it.each(["INVITE", "OPTIONS"])("%s goes once over a connection, and is given up at the same time", (method) => {
		const { transaction, log } = client(method, TCP);
		log.length = 0;
		expect(timeline(transaction, log)).toEqual(["32000 timeout"]);
	});

	it("a provisional answer ends what is sent again of an INVITE, and slows it down of others", () => {
		const invite = client("INVITE", UDP);
		invite.transaction.response(response(180), 100 * MILLISECOND);
		invite.log.length = 0;
		expect(timeline(invite.transaction, invite.log)).toEqual(["180100 overdue", "212100 timeout"]);
		const other = client("OPTIONS", UDP);
		other.transaction.response(response(100), 100 * MILLISECOND);
		other.log.length = 0;
		expect(timeline(other.transaction, other.log).slice(0, 3)).toEqual(["500 sent", "4500 sent", "8500 sent"]);
	});

	it("a refusal of an INVITE is acknowledged each time that it comes, for timer D, and told once", () => {
		const { transaction, log } = client("INVITE", UDP);
		transaction.response(response(486), 0);
		transaction.response(response(486), SECOND);
		transaction.response(response(200), SECOND);
		expect(log.splice(0)).toEqual(["sent", "ack", "heard 486", "ack"]);
		expect(transaction.dueAt).toBe(32 * SECOND);
		const stream = client("INVITE", TCP);
		stream.transaction.response(response(486), SECOND);
		expect(stream.transaction.dueAt).toBe(SECOND);
	});

	it("every 2xx of an INVITE is told for timer M, and one of another request for once", () => {
		const { transaction, log } = client("INVITE", UDP);
		for (const status of [200, 200, 486]) transaction.response(response(status), SECOND);
		expect(log.splice(0)).toEqual(["sent", "heard 200", "heard 200"]);
		expect(transaction.dueAt).toBe(33 * SECOND);
		const other = client("OPTIONS", UDP);
		for (const status of [200, 200]) other.transaction.response(response(status), SECOND);
		expect(other.log.splice(0)).toEqual(["sent", "heard 200"]);
		expect(other.transaction.dueAt).toBe(6 * SECOND);
	});

	it("one that is cancelled is not waited for any longer than timer B", () => {
		const { transaction, log } = client("INVITE", UDP);
		transaction.response(response(180), SECOND);
		transaction.cancelled(2 * SECOND);
		transaction.response(response(180), 3 * SECOND);
		log.length = 0;
		expect(timeline(transaction, log)).toEqual(["34000 timeout"]);
	});
});

describe("a request of theirs", () => {
	function server(method: string, hop: SipHop) {
		const log: string[] = [];
		const send = (bytes: Uint8Array) => log.push(bytes === ANSWERED ? "answered" : "trying");
		return { transaction: new ServerTransaction({ request: read(request(method)), hop, send }, 0), log };
	}

	it("a refusal of an INVITE is sent again until ACK or timer H", () => {
		const { transaction, log } = server("INVITE", UDP);
		transaction.respond(486, ANSWERED, 0);
		expect(log.splice(0)).toEqual(["answered"]);
		const times = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
		expect(timeline(transaction, log)).toEqual(times.map((at) => `${at} answered`));
		const other = server("INVITE", UDP);
		other.transaction.respond(486, ANSWERED, 0);
		other.transaction.acknowledged(SECOND);
		other.log.length = 0;
		other.transaction.again(() => true);
		expect([other.log, other.transaction.dueAt]).toEqual([[], 6 * SECOND]);
	});

	it("a refusal over a connection goes once", () => {
		const { transaction, log } = server("INVITE", TCP);
		transaction.respond(486, ANSWERED, 0);
		log.length = 0;
		expect(timeline(transaction, log)).toEqual([]);
	});

	it("the last answer comes again with the request, but a 2xx of an INVITE is for others to repeat", () => {
		const { transaction, log } = server("INVITE", UDP);
		transaction.again(() => true);
		transaction.respond(100, ASKED, 0);
		transaction.again(() => true);
		transaction.respond(200, ANSWERED, 0);
		transaction.again(() => true);
		expect(log.splice(0)).toEqual(["trying", "trying", "answered"]);
		transaction.respond(486, ANSWERED, 0);
		expect([log, transaction.dueAt]).toEqual([[], 32 * SECOND]);
		const other = server("BYE", UDP);
		other.transaction.respond(200, ANSWERED, 0);
		other.transaction.again(() => true);
		other.transaction.again(() => false);
		expect(other.log).toEqual(["answered", "answered"]);
	});

	it("what nobody answers is forgotten when its client has given it up", () => {
		expect(timeline(server("INFO", UDP).transaction, [])).toEqual([]);
		expect(server("INFO", UDP).transaction.dueAt).toBe(32 * SECOND);
	});
});

it("requests within no dialog take half of the room, and those within one the rest", () => {
	const transactions = new Transactions(() => {});
	const begun = (first: number, tag = "") => {
		const all = Array.from({ length: 1200 }, (_, index) => {
			const asked = read(request("OPTIONS", `SIP/2.0/UDP a.example;branch=z9hG4bK${first + index}`));
			return transactions.begin(tag === "" ? asked : { ...asked, toTag: tag }, UDP, 0);
		});
		return all.filter((one) => one !== null).length;
	};
	expect([begun(0), begun(2000, "b"), begun(4000)]).toEqual([512, 512, 0]);
});

describe("what belongs to a transaction", () => {
	const key = (message: SipRequest) => serverKey(read(message));
	const invite = request("INVITE");

	it("is known by branch, sender and method; ACK has its INVITE's", () => {
		expect(key(request("ACK"))).toBe(key(invite));
		expect(key({ ...invite, uri: "sip:other@x" })).toBe(key(invite));
		expect(key(request("CANCEL"))).not.toBe(key(invite));
		expect(serverKey(read(request("CANCEL")), "INVITE")).toBe(key(invite));
		expect(key(request("INVITE", "SIP/2.0/UDP a.example:5060;branch=z9hG4bK1"))).toBe(key(invite));
		for (const via of [
			"SIP/2.0/UDP a.example;branch=z9hG4bK2",
			"SIP/2.0/UDP b.example;branch=z9hG4bK1",
			"SIP/2.0/UDP a.example:5070;branch=z9hG4bK1",
		])
			expect(key(request("INVITE", via))).not.toBe(key(invite));
	});

	it("is known of RFC 2543 by all that identifies it", () => {
		const old = request("INVITE", "SIP/2.0/UDP a.example;branch=1");
		expect(key(request("ACK", "SIP/2.0/UDP a.example;branch=1"))).toBe(key(old));
		expect(key({ ...old, uri: "sip:other@x" })).not.toBe(key(old));
		expect(key(request("INVITE", "SIP/2.0/UDP a.example;branch=2"))).not.toBe(key(old));
		expect(key(request("INVITE", "SIP/2.0/UDP a.example;branch=z9hG4bK"))).toContain("2543");
	});
});
