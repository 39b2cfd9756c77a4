/** The first phase of a trace or ping: the connections that its probes are to travel in are opened. */
import type { Deadline, Instant } from "../machine.ts";
import type { OpenFailure, SessionFacts } from "./channel.ts";
import type { TraceEvent } from "./events.ts";
import type { TraceWarning } from "./result.ts";
import type { TracerConfig } from "./tracer-io.ts";

/** What connections that stand change. */
export interface Connected<Config extends TracerConfig> {
	/** Its context knows them. */
	readonly config: Config;
	readonly first: SessionFacts;
	readonly event: Extract<TraceEvent, { type: "handshake" }>;
}

/** Whether connections are still being opened. Only the channel `session` has any. */
export class Connecting {
	#underway: boolean;

	constructor({ context }: Pick<TracerConfig, "context">) {
		this.#underway = context.channel === "session";
	}

	/** No probe can leave yet. */
	get underway(): boolean {
		return this.#underway;
	}

	/** When they are waited for no longer; null: they are not. */
	deadline(startedAt: Instant, { options }: TracerConfig): Deadline | null {
		return this.#underway ? { at: startedAt + options.waitMaxNs, why: "a connection" } : null;
	}

	/** They stand; null where none was waited for. */
	opened<Config extends TracerConfig>(
		sessions: readonly SessionFacts[],
		config: Config,
		atNs: number,
	): Connected<Config> | null {
		const [first] = sessions;
		if (!this.#underway || first === undefined) return null;
		this.#underway = false;
		const sourcePorts = sessions.map(({ sourcePort }) => sourcePort);
		const { rttNs, mss, sackPermitted } = first;
		return {
			config: { ...config, context: { ...config.context, sessions, sourcePorts } },
			first,
			event: { type: "handshake", atNs, rttNs, mss, sackPermitted, connections: sessions.length },
		};
	}

	/** None of them will stand: the warning that says so; null where none was waited for. */
	failed(failure: OpenFailure, { context }: TracerConfig): TraceWarning | null {
		if (!this.#underway) return null;
		this.#underway = false;
		return { code: "sessionFailed", port: context.port, failure };
	}
}

/** What a trace and a ping alike tell as they start. */
export function startFacts({ method, options, context }: TracerConfig) {
	const port = method.defaultPort === null ? null : context.port;
	return {
		type: "start",
		target: { name: options.targetName, address: options.target, port },
		source: { address: context.source, port: context.sourcePorts[0] ?? null },
		method: method.name,
		channel: context.channel,
		family: options.family,
		length: context.length,
	} as const;
}
