/** The enriched-ICMP node with the firewall rules that lead packets to it. */
import type { PathNodeCounts } from "@whither/net/path-node";
import { RuleBook } from "./rule-book.ts";
import type { RuleRequest } from "./rules.ts";
import { queueError } from "./words.ts";

/** What is asked for. */
export interface RouterRequest extends RuleRequest {
	/** Whether to set the rules up, and to take them away at the end. */
	readonly install: boolean;
	/** What the link that packets come in by can carry their way and back; null: what its driver says. */
	readonly upKbps: number | null;
	readonly downKbps: number | null;
}

/** A router that runs. */
export interface RunningRouter {
	/** Rules of a killed predecessor that were taken away. */
	readonly swept: number;
	/** Takes the rules away, lets go what still waits, and tells what has been done; `left`: rules that would not go, in words. */
	stop(): { readonly counts: PathNodeCounts; readonly left: readonly string[] };
}

/**
 * Starts it in this thread; throws WhitherError. The queue is bound before the rules are there and given back after they
 * are gone, and whatever way this process ends by itself, the rules go with it. Where it is killed they stay, packets pass
 * them (--queue-bypass), and the next start takes them away.
 */
export async function startRouter(request: RouterRequest): Promise<RunningRouter> {
	const { boundQueues, runPathNode } = await import("@whither/net/path-node");
	const node = runPathNode(request);
	if ("code" in node) throw queueError(node);
	const rules = new RuleBook();
	const others = new Set(boundQueues().filter((queue) => queue !== request.queue));
	const swept = rules.sweep((queue) => !others.has(queue));
	const removeRules = () => rules.remove();
	process.once("exit", removeRules);
	try {
		if (request.install) rules.install(request);
	} catch (error) {
		process.off("exit", removeRules);
		node.stop();
		throw error;
	}
	return {
		swept,
		stop: () => {
			const left = rules.remove();
			process.off("exit", removeRules);
			node.stop();
			return { counts: node.counts(), left };
		},
	};
}
