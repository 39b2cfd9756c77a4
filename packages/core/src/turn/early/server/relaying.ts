import { isSameEndpoint } from "@whither/wire";
import type { Instant } from "../../../machine.ts";
import { withoutMapping } from "../../server/replies.ts";
import { closeBinding } from "./allocate.ts";
import type { Binding } from "./binding.ts";
import type { EarlyTurnServerInput, EarlyTurnServerOutput } from "./server-io.ts";
import { type EarlyState, ignored, type Outputs } from "./state.ts";

/** A client's datagram that is no request: as it is to the peer, once there is one. */
export function clientData(binding: Binding, bytes: Uint8Array, now: Instant): Outputs {
	const { relay, peer, usage } = binding;
	if (relay === null || binding.pending !== null) return ignored("noBinding");
	if (peer === null) return ignored("notLocked");
	if (!mayPass(binding, bytes.length, now)) return ignored("overBandwidth");
	binding.activeAt = now;
	usage.sentPackets++;
	usage.sentBytes += bytes.length;
	return [{ type: "relaySend", relay: relay.id, to: peer, bytes }];
}

/**
 * A datagram to a relay. The first that comes locks it to its sender, who from then on is the only one to be heard and to
 * be sent to; its client gets it as it is, from the server's own address.
 */
export function relayReceived(
	state: EarlyState,
	{ relay: id, from, bytes }: Extract<EarlyTurnServerInput, { readonly type: "relayReceived" }>,
	now: Instant,
): Outputs {
	const relay = state.relays.get(id);
	if (relay === undefined) return ignored("unknownRelay");
	const { binding } = relay;
	if (binding === null || binding.pending !== null) return ignored("noBinding");
	const sender = withoutMapping(from);
	if (binding.peer !== null && !isSameEndpoint(binding.peer, sender)) return ignored("notThePeer");
	if (binding.peer === null && state.filter.judge(sender) !== null) return ignored("deniedPeer");
	if (!mayPass(binding, bytes.length, now)) return ignored("overBandwidth");
	const outputs: EarlyTurnServerOutput[] = [];
	if (binding.peer === null) {
		binding.peer = sender;
		state.counters.bindingsLocked++;
		outputs.push({ type: "event", event: { kind: "bindingLocked", binding } });
	}
	binding.activeAt = now;
	binding.usage.receivedPackets++;
	binding.usage.receivedBytes += bytes.length;
	return [...outputs, { type: "send", bytes, to: binding.client, local: binding.local }];
}

/** BANDWIDTH is of both ways together (draft-rosenberg-midcom-turn-01 §9.2). */
function mayPass({ bucket, usage }: Binding, length: number, now: Instant): boolean {
	const passes = bucket === null || bucket.takes(length, now);
	if (!passes) usage.droppedPackets++;
	return passes;
}

/** Ends the bindings whose peers are denied now. */
export function ruleAnew(state: EarlyState): Outputs {
	const denied = [...state.byTuple.values()].filter(({ peer }) => peer !== null && state.filter.judge(peer) !== null);
	return denied.flatMap((binding) => closeBinding(state, binding, "peerDenied"));
}
