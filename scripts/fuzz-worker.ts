/** Throws inputs at one decoder at a time, as the parent asks, and tells it what came of them. */
import { FIRST_DRAFT_FUZZ_TARGETS } from "../packages/core/src/ice/first-draft/fuzz.fixture.ts";
import { ICE_FUZZ_TARGETS } from "../packages/core/src/ice/fuzz.fixture.ts";
import { PATH_NODE_FUZZ_TARGETS } from "../packages/core/src/path-node/path-node.fixture.ts";
import { STUN_FUZZ_TARGETS } from "../packages/core/src/stun/fuzz.fixture.ts";
import { TRACE_FUZZ_TARGETS } from "../packages/core/src/trace/fuzz.fixture.ts";
import { TURN_CLIENT_FUZZ_TARGETS } from "../packages/core/src/turn/client/fuzz.fixture.ts";
import { TURN_CLIENT_SESSION_FUZZ_TARGETS } from "../packages/core/src/turn/fuzz/client-sessions.fixture.ts";
import { TURN_SESSION_FUZZ_TARGETS } from "../packages/core/src/turn/fuzz/sessions.fixture.ts";
import { TURN_SERVER_FUZZ_TARGETS } from "../packages/core/src/turn/server/fuzz.fixture.ts";
import { KERNEL_FUZZ_TARGETS } from "../packages/net/src/testing/fuzz-targets.ts";
import { RECORDING_FUZZ_TARGETS } from "../packages/whither/src/report/read/fuzz.fixture.ts";
import { SIP_FUZZ_TARGETS } from "../packages/whither/src/sip/fuzz.fixture.ts";
import { FUZZ_TARGETS, fuzzSeeds } from "../packages/wire/src/fuzz.fixture.ts";
import { inputAt, shrunk } from "./fuzz-inputs.ts";

interface Target {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
	readonly messages?: () => number;
}

/** What the parent asks for: `inputs` inputs from number `from` on, for the target of this name. */
interface Order {
	readonly name: string;
	readonly inputs: number;
	readonly from: number;
	readonly seed: number;
}

/** A decoder that takes longer on one input is a way to stop us; a program of many messages takes longer. */
const SLOW_MS = { input: 50, program: 2000 } as const;
/** A pause of the machine is not the decoder's: it is slow if it is so each time. */
const SLOW_TRIES = 3;
/** So many inputs that fail in different places are enough of one decoder. */
const MOST_FAULTS = 3;

const SHARED_SEEDS = fuzzSeeds();
const TARGETS: readonly Target[] = [
	...FUZZ_TARGETS.map((target) => ({ ...target, seeds: SHARED_SEEDS })),
	...TRACE_FUZZ_TARGETS.map((target) => ({ ...target, seeds: [...target.seeds, ...target.seeds, ...SHARED_SEEDS] })),
	...PATH_NODE_FUZZ_TARGETS,
	...STUN_FUZZ_TARGETS,
	...ICE_FUZZ_TARGETS,
	...FIRST_DRAFT_FUZZ_TARGETS,
	...TURN_CLIENT_FUZZ_TARGETS,
	...TURN_SERVER_FUZZ_TARGETS,
	...TURN_SESSION_FUZZ_TARGETS,
	...TURN_CLIENT_SESSION_FUZZ_TARGETS,
	...KERNEL_FUZZ_TARGETS,
	...RECORDING_FUZZ_TARGETS,
	...SIP_FUZZ_TARGETS,
];

function tell(message: Readonly<Record<string, unknown>>): void {
	process.send?.(message);
}

/** Where and with what words a decoder fails on this input; null: it does not. */
function failure(decode: Target["decode"], bytes: Uint8Array): string | null {
	try {
		decode(bytes.slice());
		return null;
	} catch (error) {
		const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
		return text.split("\n").slice(0, 3).join("\n");
	}
}

/** The place alone, without the words, which may hold numbers of the input. */
function placeOf(text: string): string {
	return text.split("\n")[1] ?? text;
}

function isSlow(
	{ decode, slowMs }: { readonly decode: Target["decode"]; readonly slowMs: number },
	bytes: Uint8Array,
): boolean {
	for (let left = SLOW_TRIES; left > 0; left--) {
		const startedAt = performance.now();
		failure(decode, bytes);
		if (performance.now() - startedAt < slowMs) return false;
	}
	return true;
}

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

function run({ name, inputs, from, seed }: Order): void {
	const target = TARGETS.find((candidate) => candidate.name === name);
	if (target === undefined) throw new Error(`no target ${name}`);
	const { decode, seeds } = target;
	const slowMs = target.messages === undefined ? SLOW_MS.input : SLOW_MS.program;
	const places = new Set<string>();
	const fault = (what: string, index: number, fails: (bytes: Uint8Array) => boolean) => {
		const input = inputAt(seed, index, seeds);
		tell({ type: "fault", name, seed, index, what, input: hex(input), shrunk: hex(shrunk(input, fails)) });
	};
	const startedAt = performance.now();
	let before = startedAt;
	let index = from;
	for (; index < from + inputs && places.size < MOST_FAULTS; index++) {
		const input = inputAt(seed, index, seeds);
		try {
			decode(input);
		} catch {
			const what = failure(decode, inputAt(seed, index, seeds)) ?? "it failed only once";
			const place = placeOf(what);
			if (!places.has(place)) fault(what, index, (bytes) => placeOf(failure(decode, bytes) ?? "") === place);
			places.add(place);
		}
		const now = performance.now();
		if (now - before > slowMs && !places.has("slow") && isSlow({ decode, slowMs }, inputAt(seed, index, seeds))) {
			places.add("slow");
			fault(`more than ${slowMs} ms`, index, (bytes) => isSlow({ decode, slowMs }, bytes));
		}
		before = now;
	}
	const seconds = (performance.now() - startedAt) / 1000;
	tell({ type: "done", name, inputs: index - from, messages: target.messages?.() ?? null, seconds });
}

process.on("message", run);
tell({ type: "ready", names: TARGETS.map(({ name }) => name) });
