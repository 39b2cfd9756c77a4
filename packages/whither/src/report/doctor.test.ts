import type { SystemError } from "@whither/core";
import { describe, expect, it } from "vitest";
import type { DoctorResult, MethodCheck } from "../api/doctor.ts";
import type { MachineFacts } from "../api/machine-facts.ts";
import { fixesFor, formatDoctor, formatDoctorJson } from "./doctor.ts";
import { PLAIN } from "./paint.ts";

const refused: SystemError = { code: "permissionDenied", call: "socket", address: null, errno: 1, errnoName: "EPERM" };
const machine: MachineFacts = {
	platform: "linux",
	kernel: "6.1.0",
	node: "20.19.0",
	user: 1000,
	capNetRaw: false,
	pingGroupRange: [1, 0],
	pingAllowed: false,
	openFiles: 1024,
	ipv6Disabled: false,
};
const check = (method: string, transport: MethodCheck["transport"], error: SystemError | null): MethodCheck => ({
	method,
	family: 4,
	channel: transport === "ip" ? "raw" : "errorQueue",
	transport,
	works: error === null,
	error,
});
const result = (checks: readonly MethodCheck[], changes: Partial<MachineFacts> = {}): DoctorResult => ({
	schema: "whither.doctor/1",
	machine: { ...machine, ...changes },
	checks,
});
const codes = (found: DoctorResult) => fixesFor(found).map((fix) => fix.code);

describe("fixes", () => {
	const unprivileged = [
		check("udp", "udp", null),
		check("udp", "ip", refused),
		check("icmp", "ping", refused),
		check("icmp", "ip", refused),
		check("tcp", "ip", refused),
	];

	it("a user without privilege is told of raw and ping sockets", () => {
		expect(codes(result(unprivileged))).toEqual(["rawSockets", "pingSockets"]);
	});

	it("what works by another kind of socket needs no fix", () => {
		const root = [
			check("udp", "udp", null),
			check("icmp", "ping", refused),
			check("icmp", "ip", null),
			check("tcp", "ip", null),
		];
		expect(codes(result(root, { user: 0, capNetRaw: true }))).toEqual([]);
		const pinging = [
			check("udp", "udp", null),
			check("udp", "ip", refused),
			check("icmp", "ping", null),
			check("icmp", "ip", refused),
		];
		expect(codes(result(pinging))).toEqual([]);
	});

	it("IPv6 switched off and few files are told", () => {
		expect(codes(result([], { ipv6Disabled: true, openFiles: 64 }))).toEqual(["ipv6", "openFiles"]);
	});

	it("off Linux there is the demonstration", () => {
		expect(codes(result([], { platform: "darwin" }))).toEqual(["linux"]);
		expect(formatDoctor(result([], { platform: "darwin" }), PLAIN)).toContain("whither demo");
	});

	it("by Node's own sockets it is said that no more is to be had, and on Linux what hinders it", () => {
		const call = { call: "portable method", errnoName: "" };
		const rows = [check("udp", "udp", null), check("icmp", "ip", { ...refused, ...call, code: "unsupportedPlatform" })];
		const portable = rows.map((row) => ({ ...row, channel: "portable" as const }));
		expect(codes(result(portable, { platform: "darwin" }))).toEqual(["linux"]);
		expect(codes(result(portable))).toEqual(["kernelCalls"]);
		expect(formatDoctor(result(portable), PLAIN)).toContain("does not work: it needs the sockets of Linux\n");
	});
});

it("the text has a line a check, why not, and the commands", () => {
	expect(
		formatDoctor(result([check("udp", "udp", null), check("tcp", "ip", refused)]), PLAIN),
	).toBe(`Linux 6.1.0, Node 20.19.0, user 1000, CAP_NET_RAW no

udp          IPv4  errorQueue  works
tcp          IPv4  raw         does not work: raw sockets need CAP_NET_RAW (socket: EPERM)

Raw sockets need CAP_NET_RAW. This grants it to one command (setcap on node would grant it to every script):
  sudo setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw whither -T HOST
`);
});

it("the JSON has the findings and the fixes", () => {
	const found = result([check("tcp", "ip", refused)]);
	expect(JSON.parse(formatDoctorJson(found, 0))).toEqual({ ...found, fixes: fixesFor(found) });
});
