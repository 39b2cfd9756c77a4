import { describe, expect, it } from "vitest";
import { readOffersJson, readRoomJson } from "./room-json.ts";

const turn = {
	host: null,
	legs: [{ transport: "udp", port: 3478 }],
	username: "1:a",
	password: "p",
	expiresAt: "2026-01-01T00:00:00.000Z",
};
const room = {
	protocol: "whither.rendezvous/1",
	room: "7",
	share: "AAAA",
	expiresAt: "2026-01-01T00:00:00Z",
	offered: {
		stun: [
			{ host: null, port: 3478 },
			{ host: "stun.example", port: 1 },
		],
		turn: [turn],
	},
};
const offering = (offered: unknown) => ({ ...room, offered });

describe("a server's answer", () => {
	it("is read with the host that was asked in place of none", () => {
		expect(readRoomJson(room, "2001:db8::1")).toEqual({
			room: "7",
			share: "AAAA",
			expiresAt: "2026-01-01T00:00:00Z",
			offered: {
				stun: [
					{ host: "2001:db8::1", port: 3478 },
					{ host: "stun.example", port: 1 },
				],
				turn: [{ ...turn, host: "2001:db8::1" }],
			},
		});
		const later = {
			...turn,
			legs: [
				{ transport: "quic", port: 1 },
				{ transport: "tls", port: 443 },
			],
		};
		expect(readOffersJson(offering({ stun: [], turn: [later] }), "a")?.turn[0]?.legs).toEqual([
			{ transport: "tls", port: 443 },
		]);
	});

	it("is none where anything of it is wrong", () => {
		const wrong: readonly unknown[] = [
			null,
			[],
			"<html>",
			{},
			{ ...room, protocol: "whither.rendezvous/2" },
			{ ...room, room: "../x" },
			{ ...room, share: 5 },
			{ ...room, expiresAt: "soon" },
			offering(null),
			offering({ stun: [] }),
			offering({ stun: [{ host: null, port: 0 }], turn: [] }),
			offering({ stun: [{ host: "a b", port: 1 }], turn: [] }),
			offering({ stun: [{ host: "a\r\nb", port: 1 }], turn: [] }),
			offering({ stun: [], turn: [{ ...turn, legs: [] }] }),
			offering({ stun: [], turn: [{ ...turn, username: 1 }] }),
			offering({ stun: [], turn: [{ ...turn, password: "x".repeat(600) }] }),
		];
		for (const json of wrong) expect(readRoomJson(json, "a")).toBeNull();
	});
});
