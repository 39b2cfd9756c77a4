import { restPassword, restSecret } from "@whither/core";
import { expect, it } from "vitest";
import { type OfferedPlace, Offers } from "./offers.ts";

const place = (role: OfferedPlace["role"], transport: OfferedPlace["transport"], port: number) => ({
	role,
	transport,
	port,
});

it("a participant gets the first place of each kind, and credentials that the secret makes, for an hour", () => {
	const places = [
		place("stun", "udp", 3478),
		place("stun", "udp", 3479),
		place("stun", "tcp", 3478),
		place("turn", "tls", 5349),
		place("turn", "udp", 3478),
		place("turn", "udp", 3479),
	];
	const { stun, turn } = new Offers(places, "hush").offer(1_000_000_000.7, "meet-1");
	expect(stun).toEqual([{ host: null, port: 3478 }]);
	const username = "1000003600:meet-1";
	expect(turn).toEqual([
		{
			host: null,
			legs: [
				{ transport: "udp", port: 3478 },
				{ transport: "tls", port: 5349 },
			],
			username,
			password: restPassword(restSecret("hush"), username),
			expiresAt: "2001-09-09T02:46:40.000Z",
		},
	]);
	expect(new Offers([place("stun", "tcp", 1)], "hush").offer(0, "x")).toEqual({ stun: [], turn: [] });
});
