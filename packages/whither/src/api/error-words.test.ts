import type { SystemError } from "@whither/core";
import { describe, expect, it } from "vitest";
import { failureError } from "./error.ts";
import { type Asked, systemErrorSentence } from "./error-words.ts";

const error = (code: SystemError["code"], changes: Partial<SystemError> = {}): SystemError => ({
	code,
	call: "sendmsg",
	address: "192.0.2.1",
	errno: 101,
	errnoName: "EXAMPLE",
	...changes,
});
const denied = (method: string, changes: Partial<SystemError> = {}) =>
	systemErrorSentence(error("permissionDenied", changes), { method });
const CODES: SystemError["code"][] = [
	"noRoute",
	"networkDown",
	"addressNotAvailable",
	"noSuchDevice",
	"permissionDenied",
	"prohibited",
	"filteredLocally",
	"messageTooLong",
	"noBuffers",
	"tooManyFiles",
	"unsupportedProtocol",
	"unsupportedPlatform",
	"systemCall",
];

describe("every failed call has one sentence", () => {
	it.each(CODES)("%s", (code) => {
		const sentence = systemErrorSentence(error(code), { method: "tcp" });
		expect(sentence).toMatch(/^[A-Z]\S* .*[^.]$/);
		expect(sentence).not.toContain("undefined");
	});
});

it("names the call and the errno", () => {
	expect(systemErrorSentence(error("noRoute"), null)).toBe(
		"There is no route to 192.0.2.1; `ip route` shows the routes this machine has (sendmsg: EXAMPLE)",
	);
});

it("a privilege is named by what wanted it", () => {
	expect(denied("udp", { call: "setsockopt SO_MARK" })).toContain("--fwmark");
	expect(denied("udp", { call: "setsockopt IP_OPTIONS" })).toContain("Source routes over IPv4 (-g) need CAP_NET_RAW");
	expect(denied("tcpconnect", { call: "bind" })).toContain("Source ports below 1024 (--sport)");
	expect(denied("icmp")).toContain("ping_group_range");
	expect(denied("udp")).toContain("udp needs none without --channel raw");
});

const WITHOUT_PRIVILEGE = "udp, udp-classic, udp-port, icmp, tcpconnect, quic, stun and dns work without it (--method)";

it.each(["tcpinsession", "udplite", "dccp", "sctp", "raw"])(
	"what works without a privilege is named (%s)",
	(method) => {
		expect(denied(method)).toContain(WITHOUT_PRIVILEGE);
	},
);

it("a source route over IPv4 needs a privilege with any method", () => {
	const asking = (gateway: string) =>
		systemErrorSentence(error("permissionDenied"), { method: "tcp", gateways: [gateway] });
	expect(asking("10.0.0.1")).toContain("Source routes over IPv4 (-g)");
	expect(asking("fd00::1")).toContain("tcpconnect");
});

it("ping sockets that take no source route are no matter of the protocol", () => {
	const sentence = systemErrorSentence(error("unsupportedProtocol", { call: "setsockopt IPV6_RTHDR" }), null);
	expect(sentence).toContain("Ping sockets take no IPv6 source route");
});

it("and where no method is known", () => {
	expect(systemErrorSentence(error("permissionDenied"), null)).toContain(WITHOUT_PRIVILEGE);
});

describe("instead of tcp, tcpconnect is offered", () => {
	const asking = (asked: Partial<Asked>) =>
		systemErrorSentence(error("permissionDenied"), { method: "tcp", methodOptions: {}, ...asked });
	it("where it can do what was asked", () => expect(asking({})).toContain("`--method tcpconnect` needs none"));
	it.each<[string, Partial<Asked>, string]>([
		["the path MTU", { pathMtu: true }, "udp, udp-classic, udp-port, icmp, quic, stun and dns work without it"],
		["flags", { methodOptions: { ack: true } }, WITHOUT_PRIVILEGE],
		["loose matching", { looseMatch: true }, "--loose-match always does"],
	])("not for %s", (_, asked, words) => {
		expect(asking(asked)).toContain(words);
		expect(asking(asked)).not.toContain("`--method tcpconnect`");
	});
});

it("a defect of the prober is ours, not the system's", () => {
	const failure = failureError({ code: "internal", where: "trace", about: "TypeError: x" }, { method: "udp" });
	expect(failure).toMatchObject({ code: "internal" });
	expect(failure.message).toContain("TypeError: x");
});

it("a socket of Node's is no matter of the kernel's protocols", () => {
	const unlent = error("unsupportedProtocol", { call: "borrow", errnoName: "EPROTONOSUPPORT" });
	expect(systemErrorSentence(unlent, null)).toMatch(/^The socket is Node's own/);
});

it("an address that is not ours is that of the other end where we were to connect to it", () => {
	const none = (call: string) => systemErrorSentence(error("addressNotAvailable", { call }), null);
	expect(none("connect")).toMatch(/^This machine has no address to reach 192\.0\.2\.1 from/);
	expect(none("bind")).toMatch(/^The source address 192\.0\.2\.1 cannot be used/);
});
