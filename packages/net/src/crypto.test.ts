import {
	decodeQuicPacket,
	decodeQuicPayload,
	deriveInitialKeys,
	encodeClientInitial,
	isDecodeError,
	QUIC_V1,
	quicFrame,
} from "@whither/wire";
import { expect, it } from "vitest";
import { nodeCrypto } from "./crypto.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it("derives the client's initial key of RFC 9001 appendix A.1", () => {
	const keys = deriveInitialKeys(QUIC_V1, Buffer.from("8394c8f03e515708", "hex"), nodeCrypto);
	expect(hex(keys.client.key)).toBe("1f369613dd76d5467730efcbe3b1a22d");
	expect(hex(keys.client.headerProtection)).toBe("9f50449e04a0e810283a1e9933adedd2");
});

it("seals what it can open again, and opens nothing that was changed", () => {
	const dcid = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
	const fields = {
		version: QUIC_V1,
		dcid,
		scid: new Uint8Array(0),
		packetNumber: 0,
		frames: [quicFrame("ping", null)],
	};
	const packet = decodeQuicPacket(encodeClientInitial(fields, nodeCrypto));
	if (isDecodeError(packet) || packet.kind !== "initial") throw new Error("no Initial");
	const keys = deriveInitialKeys(QUIC_V1, dcid, nodeCrypto).client;
	expect(decodeQuicPayload(packet, keys, nodeCrypto)).toMatchObject({ packetNumber: 0 });
	const other = deriveInitialKeys(QUIC_V1, Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1), nodeCrypto).client;
	expect(decodeQuicPayload(packet, other, nodeCrypto)).toMatchObject({ error: "badChecksum" });
});
