import {
	DCCP_TYPES,
	decodeDccp,
	decodeSctp,
	decodeUdpLite,
	encodeDccp,
	encodeSctp,
	encodeUdpLite,
	IP_PROTOCOL,
	isDecodeError,
	sctpChunk,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { answerTransport } from "./host-transports.ts";
import { buildPacket, hasGoodChecksum, readPacket } from "./packet.ts";
import type { HostSpec } from "./scenario.ts";

const NOTHING = new Uint8Array(0);
const ENDS = {
	4: { source: "192.0.2.1", destination: "203.0.113.7" },
	6: { source: "2001:db8::1", destination: "2001:db8:7::7" },
} as const;
const PORTS = { sourcePort: 50_000, destinationPort: 53 };

function packetOf(family: 4 | 6, protocol: number, payload: Uint8Array) {
	const packet = readPacket(buildPacket({ family, ...ENDS[family], protocol, ttl: 64 }, payload));
	if (packet === null) throw new Error("no packet");
	return packet;
}

describe.each([4, 6] as const)("a host over IPv%d", (family) => {
	const ends = { family, ...ENDS[family], ...PORTS };
	const stack = { source: ENDS[family].destination, initialSequence: 0xffff_fff0 };
	const answer = (host: Omit<HostSpec, "kind">, protocol: number, payload: Uint8Array) =>
		answerTransport({ kind: "host", ...host }, packetOf(family, protocol, payload), stack);
	const payloadOf = (host: Omit<HostSpec, "kind">, protocol: number, payload: Uint8Array) => {
		const given = answer(host, protocol, payload);
		if (given.type !== "payload") throw new Error(`no answer: ${given.type}`);
		return given.payload;
	};
	const datagram = encodeUdpLite({ ...ends, coverage: 8 }, Uint8Array.of(1, 2, 3));
	const request = encodeDccp({ ...ends, type: DCCP_TYPES.request, sequence: 77, serviceCode: 5 }, NOTHING);
	const init = encodeSctp({ ...PORTS, verificationTag: 0 }, [
		sctpChunk("init", {
			initiateTag: 99,
			receiverWindow: 1500,
			outboundStreams: 1,
			inboundStreams: 1,
			initialTsn: 1,
			parameters: [],
		}),
	]);

	it("refuses each protocol unless told otherwise, and says nothing where it is silent", () => {
		const refused = { type: "unreachable", code: "protocol" };
		const silent = { udplite: "silent", dccp: "silent", sctp: "silent", otherProtocols: "silent" } as const;
		for (const [protocol, payload] of [
			[IP_PROTOCOL.udpLite, datagram],
			[IP_PROTOCOL.dccp, request],
			[IP_PROTOCOL.sctp, init],
			[IP_PROTOCOL.experiment1, datagram],
		] as const) {
			expect(answer({}, protocol, payload)).toEqual(refused);
			expect(answer(silent, protocol, payload)).toEqual({ type: "none", why: "silent" });
		}
	});

	it("sends UDP-Lite back, or says that its port is closed", () => {
		const echo = decodeUdpLite(payloadOf({ udplite: "echo" }, IP_PROTOCOL.udpLite, datagram));
		expect(echo).toMatchObject({ header: { sourcePort: 53, destinationPort: 50_000, coverage: 8 } });
		expect(isDecodeError(echo) ? null : [...echo.payload]).toEqual([1, 2, 3]);
		expect(answer({ udplite: "closed" }, IP_PROTOCOL.udpLite, datagram)).toEqual({ type: "unreachable", code: "port" });
	});

	it("judges UDP-Lite by what its checksum covers", () => {
		const changed = (at: number) => datagram.map((byte, index) => (index === at ? byte ^ 1 : byte));
		const isGood = (bytes: Uint8Array) => hasGoodChecksum(packetOf(family, IP_PROTOCOL.udpLite, bytes));
		expect([isGood(datagram), isGood(changed(9)), isGood(changed(1))]).toEqual([true, true, false]);
		expect(answer({ udplite: "echo" }, IP_PROTOCOL.udpLite, changed(1))).toMatchObject({ why: "bad checksum" });
	});

	it("accepts or refuses a DCCP-Request, and answers no Reset", () => {
		const accepted = decodeDccp(payloadOf({ dccp: "open" }, IP_PROTOCOL.dccp, request));
		expect(accepted).toMatchObject({ header: { type: DCCP_TYPES.response, acknowledgment: 77, serviceCode: 5 } });
		const refused = decodeDccp(payloadOf({ dccp: "reset" }, IP_PROTOCOL.dccp, request));
		expect(refused).toMatchObject({ header: { type: DCCP_TYPES.reset, acknowledgment: 77, reset: { code: 7 } } });
		const reset = encodeDccp({ ...ends, type: DCCP_TYPES.reset, sequence: 78 }, NOTHING);
		expect(answer({ dccp: "open" }, IP_PROTOCOL.dccp, reset)).toMatchObject({ type: "none" });
	});

	it("accepts or aborts an SCTP association under the tag of the INIT", () => {
		const accepted = decodeSctp(payloadOf({ sctp: "open" }, IP_PROTOCOL.sctp, init));
		expect(accepted).toMatchObject({ header: { verificationTag: 99 }, chunks: [{ name: "initAck" }] });
		const aborted = decodeSctp(payloadOf({ sctp: "closed" }, IP_PROTOCOL.sctp, init));
		expect(aborted).toMatchObject({ header: { verificationTag: 99 }, chunks: [{ name: "abort" }] });
	});

	it("returns a verdict on packets that are cut short", () => {
		const open = { udplite: "echo", dccp: "open", sctp: "open" } as const;
		for (const [protocol, payload] of [
			[IP_PROTOCOL.udpLite, datagram],
			[IP_PROTOCOL.dccp, request],
			[IP_PROTOCOL.sctp, init],
		] as const) {
			for (let length = 0; length < payload.length; length++) {
				expect(answer(open, protocol, payload.subarray(0, length)).type).toBe("none");
			}
		}
	});
});
