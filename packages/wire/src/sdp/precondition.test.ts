import { expect, test } from "vitest";
import {
	formatSdpDesired,
	formatSdpPrecondition,
	parseSdpDesired,
	parseSdpPrecondition,
	type SdpDesiredPrecondition,
} from "./precondition.ts";

const CURRENT = ["conn e2e none", "qos local send", "sec remote recv", "x-own! e2e sendrecv"];
const DESIRED = [
	"conn mandatory e2e sendrecv",
	"qos optional local send",
	"qos none remote recv",
	"conn failure e2e none",
	"tea unknown e2e sendrecv",
];

test("what stands, and what is wanted, comes back as it was", () => {
	for (const text of CURRENT) {
		const line = parseSdpPrecondition(text);
		expect(line && formatSdpPrecondition(line)).toBe(text);
	}
	for (const text of DESIRED) {
		const line = parseSdpDesired(text);
		expect(line && formatSdpDesired(line)).toBe(text);
	}
	expect(parseSdpDesired(" QoS  Mandatory  E2E SendRecv ")).toEqual({
		...{ type: "qos", strength: "mandatory", status: "e2e", direction: "sendrecv" },
	});
});

test.each([
	null,
	"",
	"conn e2e",
	"conn e2e both",
	"conn end none",
	"conn e2e none none",
	": e2e none",
	"c\u00f6 e2e none",
	"conn\te2e none",
])("%j says nothing of what stands", (text) => {
	expect(parseSdpPrecondition(text)).toBeNull();
});

test.each([
	null,
	"",
	"conn mandatory e2e",
	"conn must e2e sendrecv",
	"conn e2e mandatory sendrecv",
	"conn mandatory e2e both",
])("%j says nothing of what is wanted", (text) => {
	expect(parseSdpDesired(text)).toBeNull();
});

test("what does not fit is not written", () => {
	const line: SdpDesiredPrecondition = { type: "conn", strength: "none", status: "e2e", direction: "none" };
	for (const type of ["", "a b", "Conn", "a\r\nb", "x".repeat(33)]) {
		expect(() => formatSdpDesired({ ...line, type })).toThrow(RangeError);
		expect(() => formatSdpPrecondition({ ...line, type })).toThrow(RangeError);
	}
	expect(() => formatSdpDesired({ ...line, strength: "must" as "none" })).toThrow(RangeError);
});

test("whatever is cut off or changed is one that can be written, or none", () => {
	for (const text of [...CURRENT, ...DESIRED])
		for (const changed of changes(text)) {
			const [line, wish] = [parseSdpPrecondition(changed), parseSdpDesired(changed)];
			if (line !== null) formatSdpPrecondition(line);
			if (wish !== null) formatSdpDesired(wish);
		}
});

function* changes(text: string): Generator<string> {
	for (let length = 0; length < text.length; length++) yield text.slice(0, length);
	for (let index = 0; index < text.length; index++)
		for (let code = 0; code < 256; code++)
			yield `${text.slice(0, index)}${String.fromCharCode(code)}${text.slice(index + 1)}`;
}
