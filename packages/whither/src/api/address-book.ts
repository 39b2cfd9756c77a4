/** What else is known of addresses, asked while a trace runs: their names, the autonomous systems they belong to, where they are. */
import type { ProbeResult, RoundsEvent, TraceWarning } from "@whither/core";
import type { NameBook } from "./name-book.ts";
import type { AddressFacts } from "./places/facts.ts";

/** The books a trace keeps; null for what was not asked for. */
export interface Books {
	readonly names: NameBook | null;
	readonly origins: NameBook | null;
	/** Of systems, such as `AS64500`. */
	readonly asNames: NameBook | null;
	/** What data sets say. */
	readonly facts: NameBook<AddressFacts> | null;
	/** Who is asked for origins, as the user wrote it. */
	readonly asServer: string;
}

/** All that is known of the addresses that answer. */
export class AddressBook {
	readonly #books: Books;

	constructor(books: Partial<Books>) {
		this.#books = { names: null, origins: null, asNames: null, facts: null, asServer: "dns", ...books };
	}

	/** What is to be said of look-ups that came to nothing. */
	get warnings(): readonly TraceWarning[] {
		const { origins, asServer } = this.#books;
		return origins?.isUnanswered === true ? [{ code: "originsUnanswered", server: asServer }] : [];
	}

	/** Asks for all that is wanted; resolves when it is known, or known to be missing. */
	async ask(address: string): Promise<void> {
		const { names } = this.#books;
		await Promise.all([names?.ask(address), this.#askSystem(address)]);
	}

	/** Whether all that is wanted is known by now. */
	knows(address: string): boolean {
		const { names, origins, facts } = this.#books;
		const known = [names, origins, facts].every((book) => book === null || book.name(address) !== null);
		return known && this.#isSystemNamed(address);
	}

	/** What is known by now, as an event of a continuous trace tells it. */
	known(address: string): Omit<Extract<RoundsEvent, { type: "name" }>, "type" | "atNs" | "address"> {
		const { asn = null, asName } = this.#system(address) ?? {};
		const { place = null, exchange = null } = this.#books.facts?.name(address) ?? {};
		return {
			name: this.#books.names?.name(address) ?? null,
			asn,
			...(asName !== undefined && { asName }),
			...(place !== null && { place }),
			...(exchange !== null && { exchange }),
		};
	}

	/** The probe with what is known by now of who answered it. */
	complete(probe: ProbeResult): ProbeResult {
		const { names, facts } = this.#books;
		const name = names?.name(probe.from) ?? null;
		const named = name === null ? probe : { ...probe, name };
		const system = this.#system(probe.from);
		if (facts === null) return system === undefined ? named : { ...named, ...system };
		const { place = null, exchange = null } = facts.name(probe.from) ?? {};
		return { ...named, ...system, place, ...(exchange !== null && { exchange }) };
	}

	async #askSystem(address: string): Promise<void> {
		const { origins, facts, asNames } = this.#books;
		await Promise.all([origins?.ask(address), facts?.ask(address)]);
		const asn = this.#firstSystem(address);
		if (asn !== null && asNames !== null && this.#factName(address, asn) === null) await asNames.ask(asn);
	}

	#isSystemNamed(address: string): boolean {
		const asn = this.#firstSystem(address);
		if (this.#books.asNames === null || asn === null) return true;
		return (this.#factName(address, asn) ?? this.#books.asNames.name(asn)) !== null;
	}

	/** `asn` and `asName` as far as they were asked for; undefined: not at all. */
	#system(address: string | null): Pick<ProbeResult, "asn" | "asName"> | undefined {
		const { origins, facts, asNames } = this.#books;
		const asn = origins?.name(address) ?? facts?.name(address)?.asn ?? null;
		// A data set of places says nothing of systems, and so does its result.
		if (origins === null && asn === null) return undefined;
		const first = this.#firstSystem(address);
		const asName = first === null ? null : (this.#factName(address, first) ?? asNames?.name(first) ?? null);
		return asName === null ? { asn } : { asn, asName };
	}

	#firstSystem(address: string | null): string | null {
		const { origins, facts } = this.#books;
		return (origins?.name(address) ?? facts?.name(address)?.asn ?? null)?.split("/")[0] ?? null;
	}

	/** What a data set calls the system, if it is this one. */
	#factName(address: string | null, asn: string): string | null {
		const facts = this.#books.facts?.name(address) ?? null;
		return facts?.asn === asn ? facts.asName : null;
	}
}
