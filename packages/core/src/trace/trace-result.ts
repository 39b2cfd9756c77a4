/** From the tracer's books to the values that reports read. */
import { packetChanges } from "@whither/wire";
import { ipPacket } from "./capture/packets.ts";
import type { SessionFacts } from "./channel.ts";
import { extensionJson } from "./extension-json.ts";
import type { TraceEvidence } from "./method.ts";
import { natField } from "./nat-hops.ts";
import { answersOf, mappedSource, seenSource } from "./our-address.ts";
import { type Answer, roundTrip, type Slot, type Transmission } from "./probe-book.ts";
import { type CompanionResult, type HopResult, type ProbeResult, TRACE_SCHEMA, type TraceResult } from "./result.ts";
import type { Tracer } from "./tracer.ts";
import type { TracerConfig } from "./tracer-io.ts";

/** What the tracer itself does not know of a result. */
export interface ResultFacts {
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
	/** ISO 8601, UTC: the wall clock at the trace's origin. */
	readonly startedAt: string;
}

/** Whether what routers quote is compared with what was sent (`quoted.changes` and `nat`), which takes its time. */
export type QuoteView = "compared" | "plain";

/** The whole result; of a running or interrupted trace, the part that is known. */
export function traceResult(tracer: Tracer, facts: ResultFacts): TraceResult {
	const { method, options, context } = tracer.config;
	const { hops, companions } = traceEvidence(tracer);
	return {
		schema: TRACE_SCHEMA,
		tool: facts.tool,
		args: facts.args,
		target: {
			name: options.targetName,
			address: options.target,
			port: method.defaultPort === null ? null : context.port,
		},
		source: {
			address: context.source,
			port: context.sourcePorts[0] ?? null,
			publicAddress: seenSource(tracer) ?? mappedSource(tracer),
		},
		method: method.name,
		channel: context.channel,
		family: options.family,
		startedAt: facts.startedAt,
		durationNs: Math.round((tracer.endedAt ?? tracer.startedAt) - tracer.startedAt),
		reached: tracer.reached,
		stopReason: tracer.stopReason ?? "interrupted",
		...(tracer.mtu === null ? { pathMtu: smallestMtu(tracer) } : tracer.mtu.fields()),
		warnings: tracer.warnings,
		counters: { ...tracer.counters },
		options: { firstTtl: options.firstTtl, maxTtl: options.maxTtl, queries: options.queries, length: context.length },
		hops,
		...(companions.length === 0 ? {} : { companions }),
		...handshakeFields(context.sessions),
	};
}

/** All hops, and what lies beside them, as they stand now. */
export function traceEvidence(tracer: Tracer): TraceEvidence {
	const lastTtl = resultLastTtl(tracer);
	const hops: HopResult[] = [];
	for (let ttl = tracer.config.options.firstTtl; ttl <= lastTtl; ttl++) hops.push(hopResult(tracer, ttl, "compared"));
	return {
		reached: tracer.reached,
		hops: hops.filter(({ probes }) => probes.length > 0),
		companions: companionResults(tracer),
	};
}

/** The first connection's handshake, where probes travelled in one. */
function handshakeFields(sessions: readonly SessionFacts[]): Pick<TraceResult, "handshake"> {
	const [first] = sessions;
	if (first === undefined) return {};
	const { rttNs, mss, sackPermitted, timestamps } = first;
	return {
		handshake: { rttNs, mss, sackPermitted, timestamps: timestamps !== null, connections: sessions.length },
	};
}

/** What came back to packets beside the hops, grouped by purpose and TTL. */
function companionResults(tracer: Tracer): CompanionResult[] {
	const groups = new Map<string, { name: string; ttl: number; probes: ProbeResult[] }>();
	for (const slot of tracer.companions.slots) {
		if (slot.companion === null || slot.transmission === null) continue;
		const { name, ttl } = slot.companion;
		const group = groups.get(`${name} ${ttl}`) ?? { name, ttl, probes: [] };
		groups.set(`${name} ${ttl}`, group);
		group.probes.push(probeResult(tracer, slot, "compared"));
	}
	return [...groups.values()];
}

/** The last hop of the result: of a trace that ended by itself its path's, else the last that was asked. */
function resultLastTtl(tracer: Tracer): number {
	const natural = naturalLastTtl(tracer);
	if (natural !== null) return natural;
	return lastOf(tracer, (slot) => slot.transmission !== null);
}

/**
 * The last hop to tell one by one. A trace that was broken off does not call hops silent that it had no time to wait
 * for; its result has them all the same.
 */
export function toldLastTtl(tracer: Tracer): number {
	if (tracer.stopReason === "timeout") return resultLastTtl(tracer);
	return naturalLastTtl(tracer) ?? lastOf(tracer, (slot) => slot.answer !== null);
}

function naturalLastTtl({ stopReason, lastTtl, toldTtl }: Tracer): number | null {
	if (stopReason === "silentHops") return toldTtl;
	return stopReason === "reached" || stopReason === "unreachable" || stopReason === "maxHops" ? lastTtl : null;
}

function lastOf(tracer: Tracer, counts: (slot: Slot) => boolean): number {
	let last = Math.max(tracer.toldTtl, tracer.book.firstTtl);
	for (const slot of tracer.book.slots(tracer.lastTtl)) if (counts(slot)) last = Math.max(last, slot.ttl);
	return last;
}

/** One hop; the path's last also lists the answers it gave to probes with larger TTLs, each with its own `ttl`. */
export function hopResult(tracer: Tracer, ttl: number, quotes: QuoteView): HopResult {
	const own = tracer.book.hop(ttl).filter((slot) => slot.transmission !== null);
	const probes = own.map((slot) =>
		slot.answer === null && slot.stand !== null
			? { ...probeResult(tracer, slot.stand, quotes), ttl: slot.stand.ttl }
			: probeResult(tracer, slot, quotes),
	);
	const beyond = ttl === tracer.lastTtl ? tracer.book.samplesBeyond(ttl) : [];
	const mtu = tracer.mtu?.hopField(ttl) ?? {};
	const all = [...probes, ...beyond.map((slot) => ({ ...probeResult(tracer, slot, quotes), ttl: slot.ttl }))];
	return { ttl, ...mtu, ...natField(all), probes: all };
}

/** One probe as it stands now. */
export function probeResult(tracer: Pick<Tracer, "startedAt" | "config">, slot: Slot, quotes: QuoteView): ProbeResult {
	const { answer } = slot;
	const transmission = answer?.transmission ?? slot.transmission;
	const sent = {
		seq: transmission?.sequence ?? 0,
		flow: transmission?.request.flow ?? 0,
		sentAtNs: Math.round((transmission?.sentAt ?? tracer.startedAt) - tracer.startedAt),
	};
	const again = slot.unanswered.length > 0 ? { retransmissions: slot.unanswered.length } : {};
	if (answer === null) {
		const status = slot.state === "failed" ? ("sendError" as const) : ("timeout" as const);
		return {
			...sent,
			status,
			from: null,
			name: null,
			rttNs: null,
			stamps: null,
			reply: null,
			quoted: null,
			extensions: [],
			...again,
			...(slot.error === null ? {} : { error: slot.error }),
		};
	}
	return {
		...sent,
		...answerFields(answer, tracer, quotes),
		...again,
		...(slot.duplicates > 0 ? { duplicates: slot.duplicates } : {}),
	};
}

function answerFields(answer: Answer, tracer: Pick<Tracer, "config">, quotes: QuoteView) {
	const { reply, meaning, transmission } = answer;
	const { again, refusals } = transmission.slot;
	const icmp = reply.type === "icmpError" ? reply : null;
	const kernelStamps = reply.stamp === "kernel" && transmission.stamp === "kernel";
	const measuredByKernel = reply.type === "connect" && reply.rttNs !== null;
	return {
		status: "reply" as const,
		from: reply.from,
		name: null,
		rttNs: Math.round(roundTrip(answer)),
		stamps: kernelStamps || measuredByKernel ? ("kernel" as const) : ("user" as const),
		...(answer.late ? { late: true as const } : {}),
		...(answer.inferred ? { inferred: true as const } : {}),
		reply: {
			kind: meaning.kind,
			icmp: icmp === null ? null : icmp.icmp,
			ttl: reply.ttl,
			tos: reply.tos,
			mtu: icmp?.mtu ?? null,
			detail: {
				...meaning.detail,
				...(again === null ? {} : { again: again.details }),
				...(refusals.length === 0 ? {} : { tooLong: refusals }),
			},
		},
		quoted: icmp === null ? null : quotedFields(answer, tracer.config, quotes),
		extensions: icmp === null ? [] : icmp.extensions.map(extensionJson),
	};
}

/** A probe is shown several times, and the comparison is worth doing once. */
const knownChanges = new WeakMap<Answer, readonly string[]>();

function quotedFields(answer: Answer, config: TracerConfig, quotes: QuoteView): ProbeResult["quoted"] {
	const { reply, transmission } = answer;
	if (reply.type !== "icmpError" || reply.quoted.ip === null) return null;
	const { ip, source, bytes } = reply.quoted;
	const fields = { tos: ip.tos, ttl: ip.ttl, source, length: ip.length };
	if (quotes === "plain") return { ...fields, changes: [] };
	let changes = knownChanges.get(answer);
	if (changes === undefined) {
		changes = bytes === null ? [] : quotedChanges(transmission, bytes, config);
		knownChanges.set(answer, changes);
	}
	return { ...fields, changes };
}

/** What is different in the quote from the packet that we sent. */
function quotedChanges(
	{ sequence, slot, packet }: Transmission,
	quoted: Uint8Array,
	config: TracerConfig,
): readonly string[] {
	const { context, options } = config;
	if (context.transport !== "ip" || packet === null) return [];
	const { family, source, target } = context;
	const { flowLabel, dontFragment, gateways } = options;
	const tos = slot.companion?.tos ?? options.tos;
	const frame = { family, source, target, tos, flowLabel, dontFragment, gateways, identification: CHOSEN_BY_KERNEL };
	const changes = packetChanges(ipPacket(frame, { sequence, ttl: slot.ttl, packet }), quoted, family);
	const expected = [
		// Linux makes up a label of its own where none was asked for.
		...(flowLabel === 0 ? ["flowLabel "] : []),
		// A source route is worked off on the way.
		...(gateways.length > 0 ? ["destination ", "ipOptions ", "extensionHeaders "] : []),
	];
	return changes.filter((change) => !expected.some((beginning) => change.startsWith(beginning)));
}

/** An identification of 0 stands for the kernel's own choice, and is not compared. */
const CHOSEN_BY_KERNEL = 0;

/** The smallest MTU that any router, or our own kernel, told. */
function smallestMtu(tracer: Tracer): number | null {
	const told = answersOf(tracer).flatMap(({ reply }) =>
		reply.type === "icmpError" && reply.mtu !== null ? [reply.mtu] : [],
	);
	const own = [...tracer.book.slots()].flatMap(({ error }) => (error?.mtu === undefined ? [] : [error.mtu]));
	const all = [...told, ...own];
	return all.length === 0 ? null : Math.min(...all);
}
