import { describe, expect, it } from "vitest";
import { hopSentence, sipTransportSentence } from "./words.ts";

const place = { transport: "tls", address: "192.0.2.1", port: 5061 } as const;
const system = (errnoName: string) =>
	({ code: "systemCall", call: "bind", address: null, errno: 1, errnoName }) as const;

describe("why there are no sockets", () => {
	it.each([
		[{ code: "noAddress" } as const, "connect it to a network"],
		[{ code: "noCertificate", place } as const, "give one, or leave the place out"],
		[{ code: "cannotListen", place, error: system("EADDRINUSE") } as const, "name another port"],
		[{ code: "cannotListen", place, error: system("EADDRNOTAVAIL") } as const, "has no address 192.0.2.1"],
		[{ code: "cannotListen", place, error: system("EACCES") } as const, "name a higher port"],
		[{ code: "cannotListen", place, error: system("ENOSYS") } as const, "(bind: ENOSYS)"],
		[
			{ code: "cannotListen", place, error: { code: "tls", reason: "X", about: "key values mismatch" } } as const,
			"certificate and key have to go together",
		],
		[{ code: "system", error: system("ENOSYS") } as const, "(bind: ENOSYS)"],
	])("%j says what to do", (failure, words) => {
		expect(sipTransportSentence(failure)).toContain(words);
	});
});

describe("why a hop cannot be reached", () => {
	it.each([
		["ECONNREFUSED", "nobody listens at 192.0.2.1:5061 over TLS"],
		["ERR_TLS_CERT_ALTNAME_INVALID", "is not for example.com"],
		["SELF_SIGNED_CERT_IN_CHAIN", "name who does"],
		["EPROTO", "speaks no TLS"],
		["closed by the other end", "cannot be reached (closed by the other end)"],
	])("%s", (why, words) => {
		expect(hopSentence({ ...place, serverName: "example.com" }, why)).toContain(words);
	});
});
