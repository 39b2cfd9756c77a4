import { type StunItem, shortTermKey } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { ClientUnderTest, MAPPED, OTHER, SERVER } from "./client.fixture.ts";

const ERROR = (code: number): StunItem => ({ name: "errorCode", value: { code, reason: "" } });

describe("a redirection", () => {
	const TO_OTHER: StunItem = { name: "alternateServer", value: OTHER };
	const key = shortTermKey("password");
	const credentials = { kind: "shortTerm", username: "user", key, integrity: "sha1" } as const;
	const SIGN: StunItem = { name: "messageIntegrity", key };

	test("is followed once, under a new id", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", [ERROR(300), TO_OTHER, SIGN]);
		expect(under.last.to).toEqual(OTHER);
		expect(under.end).toEqual({ kind: "redirected", key: "a", to: OTHER });
		under.answer("error", [ERROR(300), { name: "alternateServer", value: { ...OTHER, port: 9 } }, SIGN]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: { port: 9 } });
	});

	test("is followed without protection only where the caller says so", () => {
		const under = new ClientUnderTest();
		under.request();
		under.answer("error", [ERROR(300), TO_OTHER]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: OTHER });
		under.request({ followUnprotected: true });
		under.answer("error", [ERROR(300), TO_OTHER]);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "success", to: OTHER });
	});

	test.each([
		["back to a server that was asked", SERVER],
		["to the other family", { address: "2001:db8::1", port: 3478 }],
		["to a group", { address: "224.0.0.251", port: 5353 }],
		["to everybody", { address: "255.255.255.255", port: 3478 }],
		["to our own machine", { address: "127.0.0.1", port: 3478 }],
		["to no address", { address: "0.0.0.0", port: 3478 }],
		["to no port", { address: "192.0.2.2", port: 0 }],
	])("is not followed %s", (_, value) => {
		const under = new ClientUnderTest();
		under.request({ followUnprotected: true, redirects: 9 });
		under.answer("error", [ERROR(300), { name: "alternateServer", value }]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: value });
	});

	test("is not followed on a stream, whose owner has to open another", () => {
		const under = new ClientUnderTest({ transport: "stream" });
		under.request({ followUnprotected: true });
		under.answer("error", [ERROR(300), TO_OTHER]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: OTHER });
	});

	test("without an address is an error like any other", () => {
		const under = new ClientUnderTest();
		under.request();
		under.answer("error", [ERROR(300)]);
		expect(under.end).toMatchObject({ kind: "error", error: { code: 300 } });
	});
});
