import { describe, expect, it } from "vitest";
import { refusalNote } from "./refusal-note.ts";
import { answer, hop, sampleResult } from "./sample-trace.fixture.ts";

const CLOSE = { error: "CRYPTO_ERROR (no_application_protocol)", code: 0x178 };

describe.each([
	[4, "10.0.0.1", "203.0.113.7"],
	[6, "2001:db8::1", "2001:db8::7"],
] as const)("a QUIC connection that is refused over IPv%i", (family, router, target) => {
	const sentences = (...closes: readonly unknown[]) => {
		const answers = closes.map((close) => (seq: number) => {
			const detail = { packet: "initial", ...(close === null ? {} : { close }) };
			return answer(seq, target, { kind: "quic", icmp: null, detail });
		});
		return refusalNote(sampleResult([hop(1, router), hop(2, ...answers)], { family, method: "quic" })).map(
			({ code, sentence }) => `${code}: ${sentence}`,
		);
	};

	it("is said in words, with what may help", () => {
		expect(sentences(CLOSE, CLOSE)).toEqual([
			"refused: The target answers, but refuses the QUIC connection with CRYPTO_ERROR (no_application_protocol); -O alpn=LIST offers other application protocols.",
		]);
	});
	it("is said with the target's reason", () => {
		expect(sentences({ error: "CONNECTION_REFUSED", code: 2, reason: "no\u001b" })).toEqual([
			'refused: The target answers, but refuses the QUIC connection with CONNECTION_REFUSED, "no\\u{1b}".',
		]);
	});
	it("is not where a probe was taken, nor where nothing sensible is told", () => {
		expect(sentences(CLOSE, null)).toEqual([]);
		expect(sentences(null)).toEqual([]);
		expect(sentences("closed")).toEqual([]);
		expect(sentences()).toEqual([]);
	});
});
