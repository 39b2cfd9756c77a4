import { describe, expect, it } from "vitest";
import { isTransient, sendError, systemError } from "../errors.ts";
import { Arena } from "./arena.ts";
import { ERRNO, errnoName } from "./errno.ts";
import { MessageBatch } from "./message-batch.ts";
import { decodeSockaddr, encodeSockaddr } from "./sockaddr.ts";
import { readSize, writeSize } from "./structs.ts";

const BASE = 0x7f00_0000_1000;

describe("memory for the kernel", () => {
	it("lies in one buffer, aligned, at addresses that follow from the buffer's own", () => {
		const arena = new Arena(256, () => BASE);
		const first = arena.reserve(5);
		const second = arena.reserve(16);
		expect([first.address, second.address]).toEqual([BASE, BASE + 8]);
		expect(first.bytes.buffer).toBe(second.bytes.buffer);
		expect(() => arena.reserve(300)).toThrow(RangeError);
		expect(() => new Arena(64, () => BASE)).toThrow(RangeError);
	});

	it("holds 64-bit addresses exactly", () => {
		const view = new DataView(new ArrayBuffer(8));
		for (const value of [0, 1, 0xffffffff, 0x1_0000_0000, BASE, 2 ** 47 - 8]) {
			writeSize(view, 0, value);
			expect(readSize(view, 0)).toBe(value);
		}
	});
});

describe("a message batch", () => {
	const size = { slots: 2, dataBytes: 128, controlBytes: 96 };

	it("lays out struct mmsghdr, iovec and cmsghdr as the kernel reads them", () => {
		const arena = new Arena(MessageBatch.bytes(size), () => BASE);
		const batch = new MessageBatch(arena, size);
		const name = { bytes: new Uint8Array(28).fill(9), length: 16 };
		expect(batch.append({ name, data: new Uint8Array([1, 2, 3]), control: [{ level: 0, type: 2, value: 7 }] })).toBe(
			true,
		);
		expect(batch.append({ name: null, data: new Uint8Array(125), control: [] })).toBe(true);
		expect(batch.append({ name: null, data: new Uint8Array(0), control: [] })).toBe(false);
		expect([batch.count, batch.address(), batch.address(1)]).toEqual([2, BASE, BASE + 64]);
		const memory = new DataView(arena.reserve(0).bytes.buffer);
		const at = (address: number) => address - BASE;
		const [names, vector, control] = [readSize(memory, 0), readSize(memory, 16), readSize(memory, 32)];
		expect(memory.getUint32(8, true)).toBe(16);
		expect(readSize(memory, 24)).toBe(1);
		expect(readSize(memory, 40)).toBe(24);
		expect(memory.getUint8(at(names) + 15)).toBe(9);
		expect(readSize(memory, at(vector) + 8)).toBe(3);
		expect(memory.getUint8(at(readSize(memory, at(vector))) + 2)).toBe(3);
		expect([readSize(memory, at(control)), memory.getUint32(at(control) + 12, true)]).toEqual([20, 2]);
		expect(memory.getUint32(at(control) + 16, true)).toBe(7);
		expect(readSize(memory, 64 + 40)).toBe(0);
	});

	it("is full when its data would not fit", () => {
		const batch = new MessageBatch(new Arena(MessageBatch.bytes(size), () => BASE), size);
		expect(batch.append({ name: null, data: new Uint8Array(129), control: [] })).toBe(false);
		batch.clear();
		expect(batch.append({ name: null, data: new Uint8Array(128), control: [] })).toBe(true);
	});

	it("never reads beyond a slot, whatever lengths the kernel leaves there", () => {
		const arena = new Arena(MessageBatch.bytes(size), () => BASE);
		const batch = new MessageBatch(arena, size);
		batch.reset();
		const memory = new DataView(arena.reserve(0).bytes.buffer);
		memory.setUint32(64 + 56, 5_000, true);
		memory.setUint32(64 + 8, 5_000, true);
		const message = batch.message(1);
		expect([message.data.length, message.name.length, message.control.length]).toEqual([64, 32, 48]);
		batch.reset();
		expect(memory.getUint32(64 + 8, true)).toBe(32);
	});
});

describe("socket addresses", () => {
	it.each([
		{ family: 4, address: "192.0.2.1", port: 33434, scope: 0 },
		{ family: 6, address: "2001:db8::7", port: 443, scope: 0 },
		{ family: 6, address: "fe80::1", port: 1, scope: 3 },
	] as const)("come back as they were: $address", ({ family, address, port, scope }) => {
		const bytes = new Uint8Array(28).fill(0xee);
		encodeSockaddr(bytes, { family, address, port, scope });
		expect(decodeSockaddr(bytes)).toEqual({ address, port, scope });
	});

	it("of another kind or cut off are none", () => {
		for (const bytes of [[], [2], [2, 0, 0, 0], [1, 0, ...new Array(30).fill(0)], [10, 0, ...new Array(20).fill(0)]]) {
			expect(decodeSockaddr(new Uint8Array(bytes))).toBeNull();
		}
	});

	it("refuse text that is no address of the family", () => {
		expect(() => encodeSockaddr(new Uint8Array(28), { family: 4, address: "::1", port: 0 })).toThrow(TypeError);
		expect(() => encodeSockaddr(new Uint8Array(28), { family: 6, address: "nowhere", port: 0 })).toThrow(TypeError);
	});
});

describe("errors", () => {
	it("have the code that says what happened", () => {
		expect(systemError("connect", ERRNO.ENETUNREACH, "192.0.2.1")).toEqual({
			code: "noRoute",
			call: "connect",
			address: "192.0.2.1",
			errno: 101,
			errnoName: "ENETUNREACH",
		});
		expect(systemError("socket", ERRNO.EMFILE).code).toBe("tooManyFiles");
		expect(systemError("socket", ERRNO.EPERM).code).toBe("permissionDenied");
		expect(systemError("ioctl", 12345)).toMatchObject({ code: "systemCall", errnoName: "E12345" });
	});

	it("tell a local firewall from a missing privilege", () => {
		expect(sendError("sendmmsg", ERRNO.EPERM, "192.0.2.1").code).toBe("filteredLocally");
		expect(sendError("sendmmsg", ERRNO.EMSGSIZE, "192.0.2.1").code).toBe("messageTooLong");
	});

	it("that pass are transient", () => {
		expect([ERRNO.ENOBUFS, ERRNO.EAGAIN].every(isTransient)).toBe(true);
		expect([ERRNO.EPERM, ERRNO.ENETUNREACH].some(isTransient)).toBe(false);
	});

	it("have one name for each number", () => {
		expect(new Set(Object.values(ERRNO)).size).toBe(Object.keys(ERRNO).length);
		expect(errnoName(105)).toBe("ENOBUFS");
	});
});
