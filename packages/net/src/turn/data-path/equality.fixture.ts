/**
 * Two relay servers that hear the same: one alone, the other behind what it has decided. Whatever one puts out the other
 * has to put out as well, in the same bytes.
 */
import { SECOND, TurnServer, type TurnServerConfig, type TurnServerInput, type TurnServerOutput } from "@whither/core";
import { CONFIG, ServerUnderTest } from "../../../../core/src/turn/server/server.fixture.ts";
import { DataPath, type DataPathSink } from "./data-path.ts";
import { KeptDecisions } from "./kept-decisions.ts";
import { NAME_WORDS, readName, writeName } from "./socket-names.ts";
import { emptyDataPathCounters } from "./worker-io.ts";

const NAME = 0;
/** Behind the name, and with room in front. */
const DATA = 64;

/** A server behind its tables, with outputs as values. */
class FrontedServer implements DataPathSink {
	readonly counters = emptyDataPathCounters();
	readonly server: TurnServer;
	readonly kept = new KeptDecisions([0x12345678, -0x1234567]);
	readonly #memory: { readonly bytes: Uint8Array; readonly words: Int32Array };
	readonly #path: DataPath;
	#came: TurnServerOutput[] = [];

	constructor(config: TurnServerConfig) {
		const bytes = new Uint8Array(DATA + 70_000);
		this.#memory = { bytes, words: new Int32Array(bytes.buffer) };
		this.server = new TurnServer(config);
		const { server, kept, counters } = this;
		this.#path = new DataPath({ server, kept, memory: this.#memory, sink: this, counters });
	}

	step(input: TurnServerInput, now: number): readonly TurnServerOutput[] {
		this.#came = [];
		const { deadline } = this.server;
		if (deadline !== null && deadline.at <= now) this.#path.step({ type: "timer" }, now);
		const { bytes, words } = this.#memory;
		if (input.type === "received" && input.transport !== "stream") {
			writeName(words, NAME, input.from);
			bytes.set(input.bytes, DATA);
			this.#path.fromClient(input.local, NAME, DATA, input.bytes.length, now);
		} else if (input.type === "relayReceived") {
			writeName(words, NAME, input.from);
			bytes.set(input.bytes, DATA);
			this.#path.fromPeer(input.relay, NAME, DATA, input.bytes.length, now);
		} else this.#path.step(input, now);
		return this.#came;
	}

	toPeer(row: number, at: number, length: number): void {
		const relay = this.kept.relays[row] ?? -1;
		const to = readName(this.kept.peerNames, row * NAME_WORDS);
		if (to === null) throw new Error("there is nobody to send to");
		const bytes = this.#memory.bytes.slice(at, at + length);
		this.#came.push({ type: "relaySend", relay, to, bytes, dontFragment: false });
	}

	toClient(row: number, at: number, length: number): void {
		const owner = this.kept.ownerOf(row);
		const to = readName(owner.client, 0);
		if (to === null) throw new Error("there is nobody to send to");
		const number = this.kept.numbers[row] ?? 0;
		const header = [number >> 8, number & 0xff, length >> 8, length & 0xff];
		const bytes = Uint8Array.from([...header, ...this.#memory.bytes.subarray(at, at + length)]);
		this.#came.push({ type: "send", bytes, to, local: owner.local });
	}

	outputs(outputs: readonly TurnServerOutput[]): void {
		for (const output of outputs)
			this.#came.push("bytes" in output ? { ...output, bytes: output.bytes.slice() } : output);
	}
}

/** Both of them; its clients and its driver know only of the one that is alone. */
export class TwoServers extends ServerUnderTest {
	readonly fronted: FrontedServer;
	steps = 0;

	constructor(config: Partial<TurnServerConfig> = {}) {
		super(config);
		this.fronted = new FrontedServer({ ...CONFIG, ...config });
	}

	override step(input: TurnServerInput): readonly TurnServerOutput[] {
		const now = this.seconds * SECOND;
		this.steps++;
		const alone = this.server.step(input, now);
		const fronted = this.fronted.step(input, now);
		const [one, other] = [told(alone), told(fronted)];
		if (one !== other) throw new Error(`step ${this.steps}, ${shown(input)}:\nalone ${one}\nfronted ${other}`);
		const opened = alone.flatMap((output) => (output.type === "openRelay" ? this.#opened(output.relay) : []));
		return [...alone, ...opened];
	}

	#opened(relay: number): readonly TurnServerOutput[] {
		return this.step(this.opens ? { type: "relayOpened", relay } : { type: "relayFailed", relay, why: "portTaken" });
	}
}

/** Outputs as a text that tells every byte; what nothing came of in a step of the clock alone is no output. */
function told(outputs: readonly TurnServerOutput[]): string {
	return outputs
		.filter((output) => output.type !== "ignored" || output.reason !== "nothingDue")
		.map((output) =>
			output.type === "event" ? `event ${output.event.kind} ${output.event.allocation.id}` : shown(output),
		)
		.join("\n");
}

function shown(value: object): string {
	return JSON.stringify(value, (_, field) =>
		field instanceof Uint8Array ? Buffer.from(field).toString("hex") : field,
	);
}
