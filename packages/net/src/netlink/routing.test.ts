import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../testing/bytes.ts";
import { LINK_QUEUE, ROUTE_V4 } from "../testing/captured-netlink.ts";
import { decodeNetlink, encodeBody, encodeNetlink } from "./messages.ts";
import {
	decodeLink,
	decodeLinkQueue,
	decodeRoute,
	encodeLinkQuestion,
	encodeQueueQuestion,
	encodeRouteQuestion,
} from "./routing.ts";

function only(datagram: Uint8Array) {
	const [message] = decodeNetlink(datagram);
	if (message === undefined) throw new Error("no message");
	return message;
}

describe("routes", () => {
	it("are asked for as for a packet that comes in by an interface", () => {
		const asked = { family: 4, source: "10.1.0.1", destination: "10.2.0.1", input: 2, tos: 0xb8, mark: 0 } as const;
		expect(encodeRouteQuestion(7, asked)).toEqual(
			fromHex(`34000000 1a00 0100 07000000 00000000 02 20 20 18 00000000 00000000
				0800 0100 0a020001 0800 0200 0a010001 0800 0300 02000000`),
		);
		const asked6 = { ...asked, family: 6, source: "fd01::1", destination: "fd02::1" } as const;
		expect([...encodeRouteQuestion(7, asked6).subarray(16, 20)]).toEqual([10, 128, 128, 0]);
		const marked = encodeRouteQuestion(7, { ...asked, mark: 5 });
		expect(marked.subarray(-8)).toEqual(fromHex("0800 1000 05000000"));
		expect(() => encodeRouteQuestion(7, { ...asked, source: "nowhere" })).toThrow(RangeError);
	});

	it("lead on to an interface, to this machine, or nowhere", () => {
		const route = only(ROUTE_V4);
		expect(decodeRoute(route)).toEqual({ kind: "forward", output: 3 });
		for (const [kind, type] of [
			["local", 2],
			["refused", 3],
			["refused", 7],
		] as const) {
			const body = route.body.slice();
			body[7] = type;
			expect(decodeRoute({ ...route, body })?.kind).toBe(kind);
		}
	});
});

describe("links", () => {
	it("have a name, an MTU and 64-bit counters", () => {
		const stats = new Uint8Array(200);
		const view = new DataView(stats.buffer);
		for (let place = 0; place < 25; place++) view.setBigUint64(place * 8, BigInt(100 + place), true);
		view.setBigUint64(2 * 8, 2n ** 40n, true);
		const header = new Uint8Array(16);
		header[4] = 7;
		const body = encodeBody(header, [
			{ type: 3, value: new TextEncoder().encode("eth0\0") },
			{ type: 4, value: Uint8Array.of(0xdc, 5, 0, 0) },
			{ type: 23, value: stats },
		]);
		const [message] = decodeNetlink(encodeNetlink({ type: 16, flags: 2, sequence: 1, body }));
		expect(message && decodeLink(message)).toEqual({
			index: 7,
			name: "eth0",
			mtu: 1500,
			counters: {
				receivedPackets: 100,
				sentPackets: 101,
				receivedBytes: 2 ** 40,
				sentBytes: 103,
				receivedDropped: 106 + 115,
				sentDropped: 107,
			},
		});
	});

	it("have a queue, whose root alone counts", () => {
		const queue = only(LINK_QUEUE);
		expect(decodeLinkQueue(queue)).toEqual({ index: 2, backlogBytes: 5000, dropped: 9 });
		const child = queue.body.slice();
		child.fill(0, 12, 16);
		expect(decodeLinkQueue({ ...queue, body: child })).toBeNull();
	});
});

describe("routing messages", () => {
	const decoders = [decodeLink, decodeLinkQueue, decodeRoute];

	it("of another kind, or cut off, are none", () => {
		for (const datagram of [ROUTE_V4, LINK_QUEUE]) {
			const message = only(datagram);
			for (const decode of decoders) {
				expect(decode({ ...message, type: 99 })).toBeNull();
				for (let length = 0; length < message.body.length; length++) {
					decode({ ...message, body: message.body.subarray(0, length) });
				}
			}
		}
	});

	it("never throw, whatever the bytes", () => {
		const message = fc.record({
			type: fc.constantFrom(16, 24, 36),
			flags: fc.constant(2),
			sequence: fc.constant(1),
			portId: fc.constant(0),
			body: fc.uint8Array({ maxLength: 300 }),
		});
		fc.assert(
			fc.property(message, (input) => {
				for (const decode of decoders) decode(input);
			}),
		);
	});

	it("ask for all links and queues by a dump", () => {
		for (const [encode, type, length] of [
			[encodeLinkQuestion, 18, 32],
			[encodeQueueQuestion, 38, 36],
		] as const) {
			const encoded = encode(9);
			const [message] = decodeNetlink(encoded);
			expect([message?.type, message?.flags, message?.sequence, encoded.length]).toEqual([type, 0x301, 9, length]);
		}
	});
});
