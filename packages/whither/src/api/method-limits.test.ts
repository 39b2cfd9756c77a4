import { findMethod, type TraceMethod } from "@whither/core";
import { describe, expect, it } from "vitest";
import { methodsSuiting } from "./method-limits.ts";
import { completeOptions, type TraceRequestOptions } from "./options.ts";

const methods = (...names: readonly string[]) => names.map((name) => findMethod(name) as TraceMethod);
const suiting = (options: TraceRequestOptions, ...names: readonly string[]) =>
	methodsSuiting(methods(...names), options).map(({ name }) => name);

describe("the methods that can do what is asked", () => {
	it("are all of them, when nothing special is", () => {
		expect(suiting({}, "tcp", "tcpconnect")).toEqual(["tcp", "tcpconnect"]);
	});

	it("leave out those to fall back on that cannot", () => {
		expect(suiting({ pathMtu: true }, "tcp", "tcpconnect")).toEqual(["tcp"]);
		expect(suiting({ looseMatch: true }, "tcp", "tcpconnect")).toEqual(["tcp"]);
		expect(suiting({ channels: ["raw"] }, "tcp", "tcpconnect")).toEqual(["tcp"]);
	});

	it.each([
		[{ pathMtu: true }, "tcpconnect cannot find the path MTU (--mtu): the kernel makes its packets"],
		[{ looseMatch: true }, "tcpconnect sees no quoted packets"],
		[{ pathMtu: true, length: 1000 }, "leave LENGTH out"],
		[{ looseMatch: true, channels: ["errorQueue"] }, "leave --channel errorQueue out"],
		[{ channels: ["raw", "session"] }, "tcpconnect has no raw or session channel (--channel); it has errorQueue"],
	] as const)("%j is refused with a sentence", (options, sentence) => {
		expect(() => suiting(options, "tcpconnect")).toThrow(sentence);
	});
});

describe("the orders", () => {
	const target = { name: "x", address: "192.0.2.1", family: 4, zone: null } as const;
	const orders = (options: TraceRequestOptions) =>
		completeOptions(options, "udp", { target, gateways: ["10.0.0.1"], tcpEcn: () => 0 });

	it("of a search for the path MTU forbid fragmenting and ask each hop twice at least", () => {
		expect(orders({ pathMtu: true, queries: 1 })).toMatchObject({ pathMtu: true, dontFragment: true, queries: 2 });
		expect(orders({ pathMtu: true })).toMatchObject({ queries: 3 });
		expect(orders({ queries: 1 })).toMatchObject({ pathMtu: false, dontFragment: false, queries: 1 });
	});

	it("of a loose match are for capturing channels alone", () => {
		expect(orders({ looseMatch: true })).toMatchObject({ looseMatch: true, channels: ["raw", "session"] });
		expect(orders({ looseMatch: true, channels: ["raw"] })).toMatchObject({ channels: ["raw"] });
	});

	it("have a flow label over IPv6 alone", () => {
		expect(orders({ flowLabel: 0 })).toMatchObject({ flowLabel: 0 });
		expect(() => orders({ flowLabel: 5 })).toThrow("an IPv4 packet has no flow label");
		const v6 = { name: "x", address: "2001:db8::1", family: 6, zone: null } as const;
		const path = { target: v6, gateways: [], tcpEcn: () => 0 };
		expect(completeOptions({ flowLabel: 5 }, "udp", path)).toMatchObject({ flowLabel: 5 });
	});

	it("have the gateways' addresses", () => expect(orders({})).toMatchObject({ gateways: ["10.0.0.1"] }));
});
