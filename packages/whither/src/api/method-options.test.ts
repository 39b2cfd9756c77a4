import { checkMethodOptions, findMethod, type TraceMethod } from "@whither/core";
import { DEMO } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { asciiMethodOptions, type MethodOptions, methodOptionSentence, methodsTaking } from "./method-options.ts";
import { simulated } from "./simulated.ts";
import { trace } from "./trace/trace.ts";

function methodWith(name: string, options: TraceMethod["options"]): TraceMethod {
	const udp = findMethod("udp");
	if (udp === undefined) throw new Error("no method udp");
	return { ...udp, name, ...(options === undefined ? {} : { options }) };
}

const fancy = methodWith("fancy", [
	{ name: "loud", value: null, summary: "Say more", excludes: ["quiet"] },
	{ name: "quiet", value: null, summary: "Say less" },
	{ name: "size", value: "N", summary: "So many", check: (text) => (/^\d+$/.test(text) ? null : "it is a number") },
]);
const bare = methodWith("bare", undefined);

describe("what is wrong with a method's options is one sentence", () => {
	const sentence = (method: TraceMethod, options: MethodOptions) => {
		const problem = checkMethodOptions(method, options);
		return problem === null ? null : methodOptionSentence(method, problem);
	};
	it.each([
		[fancy, { laud: true }, 'Method fancy has no option "laud"; it has loud, quiet, size=N'],
		[bare, { loud: true }, 'Method bare has no options of its own, so no "loud" either'],
		[fancy, { size: true }, "Option size of method fancy wants a value: -O size=N"],
		[fancy, { loud: "1" }, "Option loud of method fancy takes no value: -O loud"],
		[fancy, { size: "big" }, 'Option size of method fancy cannot be "big": it is a number'],
		[
			fancy,
			{ quiet: true, loud: true },
			"Options loud and quiet of method fancy contradict each other: -O takes one of the two",
		],
		[fancy, { size: "3", loud: true }, null],
	] as const)("%#", (method, options, text) => expect(sentence(method, options)).toBe(text));
});

describe("methods in order of preference", () => {
	it("those that do not take the options are passed over", () => {
		expect(methodsTaking([fancy, bare], { loud: true })).toEqual([fancy]);
		expect(methodsTaking([fancy, bare], {})).toEqual([fancy, bare]);
	});
	it("the first must take them", () => {
		expect(() => methodsTaking([bare, fancy], { loud: true })).toThrow("Method bare has no options");
	});
	it("values are texts or true, whatever a caller's compiler let through", () => {
		const options = { size: 3 } as unknown as MethodOptions;
		expect(() => methodsTaking([fancy], options)).toThrow("methodOptions.size must be a text, or true");
	});
});

describe("domain names among the options", () => {
	const [dns, quic] = [findMethod("dns"), findMethod("quic")];
	if (dns === undefined || quic === undefined) throw new Error("no method dns, or no quic");
	it("are in ASCII, and other values as they are", () => {
		expect(asciiMethodOptions(dns, { domain: "_dns.münchen.test", type: "ü", nsid: true })).toEqual({
			domain: "_dns.xn--mnchen-3ya.test",
			type: "ü",
			nsid: true,
		});
		expect(asciiMethodOptions(quic, { sni: "bücher.example", domain: "ü" })).toEqual({
			sni: "xn--bcher-kva.example",
			domain: "ü",
		});
	});
	it("are refused where they are none", () => {
		expect(() => asciiMethodOptions(dns, { domain: "ü b" })).toThrow(
			'Option domain cannot be "ü b": not a domain name',
		);
	});
});

it("the library refuses them before anything is sent", async () => {
	const { result } = trace(DEMO.trace.to, { world: simulated(DEMO), methodOptions: { nosuch: true } });
	await expect(result).rejects.toMatchObject({ name: "WhitherError", code: "badOption" });
});
