/** A scenario's internets of both families, in one time, and programs that speak both. */
import type { Family, Instant } from "@whither/core";
import { EventQueue } from "./event-queue.ts";
import { Internet, type InternetOptions } from "./internet.ts";
import type { PacketRecord } from "./packet-record.ts";
import type { AttachedProgram, Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";

/** What one of the internets is built from; its routers may differ by family. */
export type FamilyOptions = Omit<InternetOptions, "family" | "events">;

/** The internets of the families that there are. */
export class BothFamilies {
	readonly families: readonly Family[];
	readonly #internets: ReadonlyMap<Family, Internet>;
	readonly #events = new EventQueue<() => void>();

	constructor(families: readonly Family[], optionsOf: (family: Family) => FamilyOptions) {
		this.families = families;
		this.#internets = new Map(
			families.map((family) => [family, new Internet({ ...optionsOf(family), family, events: this.#events })] as const),
		);
	}

	/** The internet of a family that there is. */
	of(family: Family): Internet {
		const internet = this.#internets.get(family);
		if (internet === undefined) throw new RangeError(`there is no IPv${family} here`);
		return internet;
	}

	/** When something happens next; null: nothing will. */
	get nextAt(): Instant | null {
		return this.#events.nextAt;
	}

	/** Every packet at every place so far, in the order of time. */
	get packets(): readonly PacketRecord[] {
		const packets = [...this.#internets.values()].flatMap((internet) => internet.packets);
		return packets.sort((a, b) => a.at - b.at);
	}

	/** Lets everything happen that is due up to `now`. */
	advance(now: Instant): void {
		for (let next = this.nextAt; next !== null && next <= now; next = this.nextAt) this.#events.pop()?.item();
	}

	/** Calls back when virtual time has come to `at`. */
	schedule(at: Instant, action: () => void): void {
		this.#events.push(at, action);
	}

	/** Runs one program on a host, in all families; its first tick comes at once. */
	attach(node: string, program: DatagramProgram, now: Instant): AttachedProgram {
		const host = new ProgramInFamilies(program);
		const [first, ...others] = this.families;
		if (first === undefined) throw new RangeError("a host has one family at least");
		// The first wakes it; it is attached last, so that whatever the first tick sends has its way.
		for (const family of others) host.join(family, this.of(family).attach(node, host.end(family), now));
		const attached = this.of(first).attach(node, host.start(), now);
		host.join(first, attached);
		host.flush(now);
		return {
			wake: (at) => host.hear({ type: "tick" }, at),
			send: (datagrams, at) => host.send(datagrams, at),
			await: (at) => attached.await(at),
			detach: () => host.detach(),
		};
	}
}

const familyOf = ({ local }: Datagram): Family => (local.address.includes(":") ? 6 : 4);

/** One program, as its parts in the internets see it. */
class ProgramInFamilies {
	readonly #program: DatagramProgram;
	readonly #ends = new Map<Family, AttachedProgram>();
	#last: AttachedProgram | undefined;
	#isGone = false;
	/** What it sent before all its ends were there. */
	#early: Datagram[] = [];

	constructor(program: DatagramProgram) {
		this.#program = program;
	}

	join(family: Family, attached: AttachedProgram): void {
		this.#ends.set(family, attached);
		this.#last = attached;
	}

	/** The end that has the deadline. */
	start(): DatagramProgram {
		const program = this.#program;
		return {
			get deadline() {
				return program.deadline;
			},
			holds: (local) => program.holds(local),
			step: (input, now) => this.#step(input, now),
		};
	}

	/** One that only hears. */
	end(family: Family): DatagramProgram {
		let isFirst = true;
		return {
			deadline: null,
			holds: (local: Endpoint) => this.#ends.has(family) && this.#program.holds(local),
			step: (input, now) => {
				// The tick of its beginning.
				if (isFirst) {
					isFirst = false;
					return [];
				}
				const sent = this.#step(input, now);
				this.#main()?.await(now);
				return sent;
			},
		};
	}

	hear(input: ProgramInput, now: Instant): void {
		if (this.#isGone) return;
		this.send(this.#program.step(input, now), now);
		this.#main()?.await(now);
	}

	send(datagrams: readonly Datagram[], now: Instant): void {
		if (this.#isGone) return;
		for (const datagram of datagrams) {
			const end = this.#ends.get(familyOf(datagram));
			if (end === undefined) this.#early.push(datagram);
			else end.send([datagram], now);
		}
	}

	/** All ends are there. */
	flush(now: Instant): void {
		const early = this.#early;
		this.#early = [];
		this.send(early, now);
		this.#early = [];
	}

	detach(): void {
		this.#isGone = true;
		for (const end of this.#ends.values()) end.detach();
	}

	/** Each datagram leaves by the internet of its family, whichever asked. */
	#step(input: ProgramInput, now: Instant): readonly Datagram[] {
		this.send(this.#program.step(input, now), now);
		return [];
	}

	/** The last that joined. */
	#main(): AttachedProgram | undefined {
		return this.#last;
	}
}
