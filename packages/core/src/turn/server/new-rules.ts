import type { Instant } from "../../machine.ts";
import type { Allocation } from "./allocation.ts";
import type { PeerRules } from "./peer-filter.ts";
import type { TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";
import { closeConnection } from "./tcp-peers.ts";

/** Goes by other rules from now on: permissions, channels and connections of peers that they deny are no more. */
export function ruleAnew(state: TurnState, peers: PeerRules, now: Instant): readonly TurnServerOutput[] {
	state.rule(peers);
	const outputs: TurnServerOutput[] = [];
	for (const allocation of state.byId.values()) {
		allocation.shut((address) => state.filter.judgeAddress(address) !== null, now);
		outputs.push(...endConnections(state, allocation));
	}
	return outputs;
}

function endConnections(state: TurnState, { connections }: Allocation): readonly TurnServerOutput[] {
	return [...(connections ?? [])].flatMap((id) => {
		const connection = state.connections.get(id);
		return connection !== undefined && state.filter.judge(connection.peer) !== null ? closeConnection(state, id) : [];
	});
}
