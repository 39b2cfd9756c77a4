import { attributeOf, equalBytes } from "@whither/wire";
import { type Instant, SECOND } from "../../../machine.ts";
import { type AllocateRequest, bindingItems, closeBinding, grantedSeconds, refused } from "./allocate.ts";
import type { Binding } from "./binding.ts";
import { respond } from "./replies.ts";
import { type EarlyState, ignored, type Outputs } from "./state.ts";

/**
 * An Allocate of a client that has a binding: the same once more, a refresh, or with LIFETIME 0 its end.
 * Deviation: draft-rosenberg-midcom-turn-02 lets one client have several bindings, and then nobody knows whose its data
 * is. Here another username is refused: further bindings are of further ports.
 */
export function refresh(state: EarlyState, request: AllocateRequest, binding: Binding, now: Instant): Outputs {
	const { message, user, reply } = request;
	if (binding.pending !== null) return ignored("pending");
	if (user.username !== binding.user.username) return refused(state, reply, 400);
	const { answered } = binding;
	if (answered !== null && equalBytes(answered.id, reply.transactionId))
		return [{ type: "send", bytes: answered.bytes, to: reply.to, local: reply.local }];
	if (attributeOf(message, "lifetime") === 0) return [released(request), ...closeBinding(state, binding, "released")];
	const lifetimeSeconds = grantedSeconds(state, attributeOf(message, "lifetime"), binding.user, now);
	if (lifetimeSeconds === 0) return refused(state, reply, 430);
	binding.lifetimeSeconds = lifetimeSeconds;
	binding.activeAt = now;
	state.expiries.set(binding, now + lifetimeSeconds * SECOND);
	state.counters.refreshes++;
	const answer = respond(reply, bindingItems(binding));
	binding.answered = { id: reply.transactionId.slice(), bytes: answer.bytes };
	return [answer];
}

/** What is told of a binding that is no more, once or, where that is lost, again. */
export function released({ reply }: Pick<AllocateRequest, "reply">) {
	return respond({ ...reply, amongData: true }, [{ name: "lifetime", value: 0 }]);
}
