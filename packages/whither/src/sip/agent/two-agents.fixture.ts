/** Two agents that call each other, for tests. */
import { SECOND } from "@whither/core";
import type { SipAgentInput, SipBody, SipEvent } from "./agent-io.ts";
import { type SipNetwork, type SipPlace, testAgent } from "./network.fixture.ts";

const sdp = (text: string): SipBody => ({ type: "application/sdp", text });
const OFFER = sdp("one");
export const [ANSWER, THIRD, FOURTH] = [sdp("two"), sdp("three"), sdp("four")] as const;
export const [A, B, C, P] = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.9"] as const;

/** Does something at each event of that kind. */
export function on<Kind extends SipEvent["kind"]>(
	network: SipNetwork,
	place: SipPlace,
	kind: Kind,
	react: (event: Extract<SipEvent, { kind: Kind }>) => readonly SipAgentInput[],
): void {
	const before = place.react;
	place.react = (event, now) => {
		before(event, now);
		if (event.kind === kind)
			for (const input of react(event as Extract<SipEvent, { kind: Kind }>)) network.step(place, input);
	};
}

/** What an agent has told, by kinds. */
export const kinds = ({ events }: SipPlace) => events.map(({ kind }) => kind);
/** A call of ours to that URI. */
export const call = (to: string, more = {}): SipAgentInput => ({ type: "call", call: 1, to, body: OFFER, ...more });

/** Two agents, of whom the second accepts. */
export function accepted(network: SipNetwork, to = `sip:user@${B}`) {
	const [a, b] = [testAgent(network, A), testAgent(network, B)];
	on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 200, body: ANSWER }]);
	network.step(a, call(to));
	network.run(network.now + 2 * SECOND);
	return { a, b };
}
