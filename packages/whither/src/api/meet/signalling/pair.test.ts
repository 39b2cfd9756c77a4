import { describe, expect, it } from "vitest";
import type { MeetMessage } from "./message.ts";
import { signallingPair } from "./pair.ts";
import type { SignallingListener } from "./signalling.ts";

function heard(): { readonly said: unknown[]; readonly listener: SignallingListener } {
	const said: unknown[] = [];
	return {
		said,
		listener: {
			met: () => said.push("met"),
			message: (message) => said.push(message),
			closed: (failure) => said.push({ closed: failure }),
		},
	};
}

const bye = (why: string): MeetMessage => ({ type: "bye", why });

describe("a pair of ends in one process", () => {
	it("meets when both are there, and carries what was said before", async () => {
		const due: (() => void)[] = [];
		const [first, second] = signallingPair((deliver) => due.push(deliver));
		const settle = () => {
			while (due.length > 0) due.shift()?.();
		};
		const [one, other] = [heard(), heard()];
		const controlling = first(one.listener);
		controlling.send(bye("early"));
		settle();
		expect(one.said).toEqual([]);
		const controlled = second(other.listener);
		controlled.send(bye("at once"));
		expect([controlling.role, controlled.role, one.said, other.said]).toEqual(["controlling", "controlled", [], []]);
		settle();
		expect(one.said).toEqual(["met", bye("at once")]);
		expect(other.said).toEqual(["met", bye("early")]);
		await controlling.close();
		controlling.send(bye("late"));
		settle();
		await controlled.close();
		settle();
		expect(other.said.slice(2)).toEqual([{ closed: null }]);
		expect(one.said).toHaveLength(2);
	});
});
