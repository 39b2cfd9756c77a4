import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ADDRESS_V4, ADDRESS_V6, LINK_VETH } from "../testing/captured-netlink.ts";
import { decodeInterface, decodeInterfaceAddress, encodeAddressQuestion } from "./interfaces.ts";
import { decodeNetlink, encodeBody } from "./messages.ts";

function only(datagram: Uint8Array) {
	const [message] = decodeNetlink(datagram);
	if (message === undefined) throw new Error("no message");
	return message;
}

describe("interfaces", () => {
	it("have a name, a kind, and somebody at the other end or not", () => {
		const message = only(LINK_VETH);
		const veth = { index: 2, name: "v1", hardware: 1, kind: "veth", loopback: false, up: true };
		expect(decodeInterface(message)).toEqual(veth);
		for (const [flags, loopback, up] of [
			[0x1, false, false],
			[0x40, false, false],
			[0x49, true, true],
		] as const) {
			const body = message.body.slice();
			new DataView(body.buffer).setUint32(8, flags, true);
			expect(decodeInterface({ ...message, body })).toEqual({ ...veth, loopback, up });
		}
	});

	it("without a name are none", () => {
		expect(decodeInterface({ ...only(LINK_VETH), body: encodeBody(new Uint8Array(16), []) })).toBeNull();
	});
});

describe("addresses of interfaces", () => {
	it("are ours, not those of the other end", () => {
		expect(decodeInterfaceAddress(only(ADDRESS_V4))).toEqual({
			...{ family: 4, index: 3, address: "10.9.0.1", prefixLength: 32 },
			...{ temporary: false, deprecated: false, tentative: false },
		});
	});

	it("of IPv6 may be deprecated and not be known yet to be nobody else's", () => {
		const message = only(ADDRESS_V6);
		expect(decodeInterfaceAddress(message)).toMatchObject({ address: "fd00::2", deprecated: true, tentative: true });
		for (const [flags, temporary, tentative] of [
			[0x01, true, false],
			[0x44, false, false],
			[0x08, false, true],
		] as const) {
			const body = message.body.slice();
			new DataView(body.buffer).setUint32(body.length - 4, flags, true);
			expect(decodeInterfaceAddress({ ...message, body })).toMatchObject({ temporary, tentative, deprecated: false });
		}
	});

	it("of an older kernel have eight flags", () => {
		const body = encodeBody(Uint8Array.of(10, 64, 0x21, 0, 3, 0, 0, 0), [
			{ type: 1, value: new Uint8Array(16).fill(1) },
		]);
		expect(decodeInterfaceAddress({ ...only(ADDRESS_V6), body })).toMatchObject({ temporary: true, deprecated: true });
	});

	it("are asked for by a dump", () => {
		expect(only(encodeAddressQuestion(7))).toMatchObject({ type: 22, flags: 0x301, sequence: 7 });
	});
});

describe("messages about interfaces", () => {
	it("of another kind, or cut off, are none, and none throws", () => {
		for (const datagram of [LINK_VETH, ADDRESS_V4, ADDRESS_V6]) {
			const message = only(datagram);
			for (const decode of [decodeInterface, decodeInterfaceAddress]) {
				expect(decode({ ...message, type: 99 })).toBeNull();
				for (let length = 0; length < message.body.length; length++)
					decode({ ...message, body: message.body.subarray(0, length) });
			}
		}
		const head = { flags: 2, sequence: 1, portId: 0 };
		const input = fc.record({ type: fc.constantFrom(16, 20), body: fc.uint8Array({ maxLength: 100 }) });
		fc.assert(
			fc.property(input, (one) => {
				decodeInterface({ ...head, ...one });
				decodeInterfaceAddress({ ...head, ...one });
			}),
		);
	});
});
