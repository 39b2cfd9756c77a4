/** Runs the real tracer over a scenario in virtual time. */
import {
	type ChannelNeed,
	channelFacts,
	channelOrder,
	DEFAULT_TRACE_OPTIONS,
	type Family,
	findMethod,
	type Instant,
	type ProbeContext,
	probeContext,
	SECOND,
	type TraceEvent,
	type TraceMethod,
	type TraceOptions,
	type TraceResult,
	Tracer,
	type TracerInput,
	traceResult,
} from "@whither/core";
import type { CryptoPort } from "@whither/wire";
import { publicAddressOf, startCall } from "./call.ts";
import { Internet } from "./internet.ts";
import type { NodeHook } from "./node.ts";
import type { PacketRecord } from "./packet-record.ts";
import { Random } from "./random.ts";
import type { Scenario, ScenarioChannel } from "./scenario.ts";
import { SessionChannel } from "./session-channel.ts";
import { SimChannel } from "./sim-channel.ts";
import type { ConnectionRecord } from "./tcp-endpoint.ts";

/** How to run a scenario's trace. */
export interface RunTraceOptions {
	readonly family: Family;
	/** Default: the first that the scenario and its method allow. */
	readonly channel?: ScenarioChannel;
	/** Default: the scenario's own. */
	readonly seed?: number;
	/** Steps after which a trace that does not end is given up; default 200,000. */
	readonly stepLimit?: number;
	/** NATs and firewalls by node name. */
	readonly hooks?: Readonly<Record<string, readonly NodeHook[]>>;
	/** Changes to the scenario's own trace options, such as another method. */
	readonly options?: Scenario["trace"]["options"];
	/** For methods that encrypt; without it they throw. */
	readonly crypto?: CryptoPort;
	/** Whether the internet keeps its packets; default true. */
	readonly records?: boolean;
	/** Told of every event as it happens in virtual time. */
	readonly onEvent?: (event: TraceEvent) => void;
}

/** A finished run: what a real trace gives, and every packet at every place. */
export interface TraceRun {
	readonly result: TraceResult;
	readonly events: readonly TraceEvent[];
	readonly packets: readonly PacketRecord[];
	/** What hosts accepted, as it stood when all was quiet again after the trace. */
	readonly connections: readonly ConnectionRecord[];
}

function noCrypto(): never {
	throw new RangeError("this simulation was given no cryptography");
}

const NO_CRYPTO: CryptoPort = {
	sha256: noCrypto,
	hmacSha256: noCrypto,
	aes128EncryptBlock: noCrypto,
	aes128GcmSeal: noCrypto,
	aes128GcmOpen: noCrypto,
};

const DEFAULT_STEP_LIMIT = 200_000;
const TOOL = { name: "whither-sim", version: "0" };
/** Virtual time has no date. */
const STARTED_AT = "1970-01-01T00:00:00.000Z";

/** The channel kinds to run a scenario over: its own list, or all that its method can use. */
export function scenarioChannels(scenario: Scenario): readonly ScenarioChannel[] {
	if (scenario.trace.channels !== undefined) return scenario.trace.channels;
	const method = requireMethod(scenario.trace.options?.method ?? DEFAULT_TRACE_OPTIONS.method);
	return method.channels.map((need) => need.kind);
}

/** Runs a scenario's trace to its end. Throws when the tracer does not come to one. */
export function runTrace(scenario: Scenario, run: RunTraceOptions): TraceRun {
	const { internet, channel, ...config } = openScenario(scenario, run);
	const tracer = new Tracer(config);
	const parts = { tracer, channel, internet };
	const { events, endedAt } = drive(parts, run);
	close(parts, endedAt);
	const result = traceResult(tracer, { tool: TOOL, args: [], startedAt: STARTED_AT });
	return { result, events, packets: internet.packets, connections: internet.connections };
}

/** A scenario's internet, a channel on it, and what a machine that probes there is made from. */
export interface OpenScenario {
	readonly internet: Internet;
	readonly channel: OpenChannel;
	readonly method: TraceMethod;
	readonly options: TraceOptions;
	readonly context: ProbeContext;
}

/** Sets a scenario up in virtual time, at its beginning. */
export function openScenario(scenario: Scenario, run: RunTraceOptions): OpenScenario {
	const seed = run.seed ?? scenario.seed ?? 1;
	const cryptography = run.crypto === undefined ? {} : { crypto: run.crypto };
	const { family, hooks = {}, records = true } = run;
	const internet = new Internet({ scenario, family, seed, hooks, records, ...cryptography });
	if (scenario.call !== undefined) startCall(internet, scenario.call);
	const options = traceOptions(scenario, run, internet);
	const method = requireMethod(options.method);
	const need = requireNeed(method, options, scenario, run);
	const channel = openSimChannel({ internet, options, method, need, seed: seed + 1 });
	const random = new Random(seed + 2);
	const key = random.uint32();
	const secret = Uint8Array.from({ length: 32 }, () => random.uint32() & 0xff);
	const crypto = run.crypto ?? NO_CRYPTO;
	const context = probeContext(options, { method, need, channel, key, secret, crypto });
	return { internet, channel, method, options, context };
}

function requireMethod(name: string): TraceMethod {
	const method = findMethod(name);
	if (method === undefined) throw new RangeError(`no method is called ${name}`);
	return method;
}

/** The first kind that the trace's orders and the scenario allow, or the one that the run asks for. */
function requireNeed(
	method: TraceMethod,
	options: TraceOptions,
	scenario: Scenario,
	run: RunTraceOptions,
): ChannelNeed {
	const kinds = run.channel === undefined ? scenarioChannels(scenario) : [run.channel];
	const [need] = channelOrder(method, { ...options, channels: kinds });
	if (need === undefined) throw new RangeError(`method ${method.name} cannot use channel ${kinds.join(", ")}`);
	return need;
}

/** The media of a call has decided where to, and by which ports. */
function traceOptions(scenario: Scenario, run: RunTraceOptions, internet: Internet): TraceOptions {
	const { call, trace } = scenario;
	const { options = {}, to } = trace;
	const { family } = run;
	const target = call === undefined ? internet.address(to) : publicAddressOf(scenario, to, family);
	const ports = call === undefined ? {} : { port: call.port, sourcePort: call.port };
	return { ...DEFAULT_TRACE_OPTIONS, ...options, ...run.options, ...ports, family, target, targetName: to };
}

/** A channel of either kind on the simulated internet. */
type OpenChannel = SimChannel | SessionChannel;

interface ChannelOrder {
	readonly internet: Internet;
	readonly options: TraceOptions;
	readonly method: TraceMethod;
	readonly need: ChannelNeed;
	readonly seed: number;
}

/** Throws RangeError for what simulated hosts do not do; a trace that went on without it would mislead. */
function openSimChannel({ internet, options, method, need, seed }: ChannelOrder): OpenChannel {
	const facts = channelFacts(method, options);
	if (facts.gateways.length > 0) throw new RangeError("the simulated internet knows no source routes");
	if (facts.fwmark !== null || facts.bypassRouting || facts.source !== null || facts.interface !== null)
		throw new RangeError("a simulated host has one routing table and one address");
	const request = { ...facts, internet, node: internet.scenario.trace.from, seed, need };
	return need.kind === "session" ? new SessionChannel({ ...request, now: 0 }) : new SimChannel(request);
}

/** Time for connections to end after the trace; long enough for every repeated FIN. */
const CLOSING_NS = 10 * SECOND;

interface Driven {
	readonly tracer: Tracer;
	readonly channel: OpenChannel;
	readonly internet: Internet;
}

/** Packets first, then the tracer's deadlines, whichever is sooner, until the tracer has finished. */
function drive(
	{ tracer, channel, internet }: Driven,
	run: RunTraceOptions,
): { readonly events: readonly TraceEvent[]; readonly endedAt: Instant } {
	const events: TraceEvent[] = [];
	const limit = run.stepLimit ?? DEFAULT_STEP_LIMIT;
	let steps = 0;
	const step = (input: TracerInput, now: Instant) => {
		if (++steps > limit) throw new Error(`the trace does not come to an end: ${limit} steps, ${now} ns`);
		for (const output of tracer.step(input, now)) {
			if (output.type === "send") channel.send(output.probes, now);
			if (output.type !== "event") continue;
			events.push(output.event);
			run.onEvent?.(output.event);
		}
	};
	let now: Instant = 0;
	step({ type: "start" }, now);
	while (!tracer.finished) {
		const inputs = channel.read();
		for (const input of inputs) step(input, now);
		if (inputs.length > 0) continue;
		const wake = nextInstant(tracer.deadline?.at ?? null, internet.nextAt);
		if (wake === null) throw new Error(`the tracer waits for nothing at ${now} ns`);
		now = Math.max(now, wake);
		internet.advance(now);
		const isDue = (tracer.deadline?.at ?? Number.POSITIVE_INFINITY) <= now;
		if (isDue) step({ type: "tick" }, now);
		else steps++;
	}
	return { events, endedAt: now };
}

/** What follows the end: late answers may call for farewells, and connections end. */
function close({ tracer, channel, internet }: Driven, endedAt: Instant): void {
	let now = endedAt;
	for (let until = tracer.lingersUntil; until !== null && now < until; until = tracer.lingersUntil) {
		now = Math.min(until, internet.nextAt ?? until);
		internet.advance(now);
		for (const output of channel.read().flatMap((input) => tracer.step(input, now))) {
			if (output.type === "send") channel.send(output.probes, now);
		}
	}
	channel.close(now);
	internet.advance(now + (channel.kind === "session" ? CLOSING_NS : 0));
}

/** The sooner of two times, null being never. */
export function nextInstant(deadline: Instant | null, event: Instant | null): Instant | null {
	if (deadline === null || event === null) return deadline ?? event;
	return Math.min(deadline, event);
}
