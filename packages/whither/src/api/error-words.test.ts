import type { SystemError } from "@whither/core";
import { describe, expect, it } from "vitest";
import { failureError } from "./error.ts";
import { systemErrorSentence } from "./error-words.ts";

const error = (code: SystemError["code"], changes: Partial<SystemError> = {}): SystemError => ({
	code,
	call: "sendmsg",
	address: "192.0.2.1",
	errno: 101,
	errnoName: "EXAMPLE",
	...changes,
});
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
		const sentence = systemErrorSentence(error(code), "tcp");
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
	expect(systemErrorSentence(error("permissionDenied", { call: "setsockopt SO_MARK" }), "udp")).toContain("--fwmark");
	expect(systemErrorSentence(error("permissionDenied"), "icmp")).toContain("ping_group_range");
	expect(systemErrorSentence(error("permissionDenied"), "udp")).toContain("udp needs none without --channel raw");
});

it.each(["tcpinsession", "udplite", "dccp", "sctp", "raw", null])(
	"what works without a privilege is named (%s)",
	(method) => {
		expect(systemErrorSentence(error("permissionDenied"), method)).toContain(
			"udp, icmp, tcpconnect, quic and dns work without it",
		);
	},
);

it("a defect of the prober is ours, not the system's", () => {
	const failure = failureError({ code: "internal", where: "trace", about: "TypeError: x" }, null);
	expect(failure).toMatchObject({ code: "internal" });
	expect(failure.message).toContain("TypeError: x");
});
