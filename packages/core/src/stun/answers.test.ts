import { decodeStun, encodeStun, type StunMessage } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { mappedBy } from "./answers.ts";

const SERVER = { address: "203.0.113.1", port: 3478 };
const SERVER_6 = { address: "2001:db8::1", port: 3478 };

function answer(address: string, port: number): StunMessage {
	const attributes = [{ name: "xorMappedAddress", value: { address, port } }] as const;
	const fields = { class: "success", method: "binding", transactionId: new Uint8Array(12), attributes } as const;
	return decodeStun(encodeStun(fields)) as StunMessage;
}

describe("a server's word on what it sees us by", () => {
	test.each([
		[SERVER, "198.51.100.9"],
		[SERVER_6, "2001:db8::9"],
		[{ address: "127.0.0.1", port: 3478 }, "127.0.0.1"],
	])("counts where we can have that address: %j says %s", (server, address) => {
		expect(mappedBy(server, answer(address, 50_000))).toEqual({ address, port: 50_000 });
	});

	test.each([
		[SERVER, "2001:db8::9", 50_000],
		[SERVER_6, "198.51.100.9", 50_000],
		[SERVER, "198.51.100.9", 0],
		[SERVER, "0.0.0.0", 50_000],
		[SERVER, "224.0.0.1", 50_000],
		[SERVER, "127.0.0.1", 50_000],
		[SERVER_6, "ff02::1", 50_000],
	])("does not where nobody can: %j says %s port %i", (server, address, port) => {
		expect(mappedBy(server, answer(address, port))).toBeNull();
	});
});
