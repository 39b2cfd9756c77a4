import { type IceCandidateLine, isDecodeError, parseIceCandidate } from "@whither/wire";
import { expect, test } from "vitest";
import { TargetPolicy } from "../policy/target-policy.ts";
import { reachOf } from "./reach.ts";

function line(address: string, type = "host"): IceCandidateLine {
	const related = type === "host" ? "" : " raddr 0.0.0.0 rport 0";
	const read = parseIceCandidate(`candidate:1 1 udp 2130706431 ${address} 50000 typ ${type}${related}`);
	if (isDecodeError(read)) throw new Error(address);
	return read;
}

const strangers = new TargetPolicy({ restricted: true });

test("of a stranger's candidates those are tried that may be traced, that it asks from, or that only its own network knows", () => {
	const { allowRemote } = reachOf({ places: [{ address: "0.0.0.0" }], local: false }, strangers, "10.0.0.9");
	const tried = (address: string, type?: string) => allowRemote?.(line(address, type));
	expect([tried("8.8.8.8"), tried("10.0.0.9"), tried("abc.local"), tried("10.0.0.8", "prflx")]).toEqual(
		Array(4).fill(true),
	);
	for (const address of ["10.0.0.8", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "router.example"])
		expect([address, tried(address)]).toEqual([address, false]);
});

test("of this machine those addresses are told that the server listens on", () => {
	const told = (places: readonly string[], address: string) =>
		reachOf({ places: places.map((each) => ({ address: each })), local: false }, strangers, "x").allowInterface?.({
			address,
		} as never);
	expect([told(["192.0.2.1"], "192.0.2.1"), told(["192.0.2.1"], "10.0.0.1")]).toEqual([true, false]);
	expect([told(["0.0.0.0"], "10.0.0.1"), told(["0.0.0.0"], "2001:db8::1"), told(["::"], "2001:db8::1")]).toEqual([
		true,
		false,
		true,
	]);
});
