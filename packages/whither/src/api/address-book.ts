/** What else is known of addresses, asked while a trace runs: their names, and the autonomous systems they belong to. */
import type { ProbeResult, TraceWarning } from "@whither/core";
import type { NameBook } from "./name-book.ts";

/** The books a trace keeps; null for what was not asked for. */
export class AddressBook {
	readonly #names: NameBook | null;
	readonly #origins: NameBook | null;
	readonly #asServer: string;

	/** `asServer`: who is asked for origins, as the user wrote it. */
	constructor(names: NameBook | null, origins: NameBook | null, asServer = "dns") {
		this.#names = names;
		this.#origins = origins;
		this.#asServer = asServer;
	}

	/** What is to be said of look-ups that came to nothing. */
	get warnings(): readonly TraceWarning[] {
		return this.#origins?.isUnanswered === true ? [{ code: "originsUnanswered", server: this.#asServer }] : [];
	}

	/** Asks for all that is wanted; resolves when it is known, or known to be missing. */
	async ask(address: string): Promise<void> {
		await Promise.all([this.#names?.ask(address), this.#origins?.ask(address)]);
	}

	/** Whether all that is wanted is known by now. */
	knows(address: string): boolean {
		return [this.#names, this.#origins].every((book) => book === null || book.name(address) !== null);
	}

	/** What is known by now. */
	known(address: string): { readonly name: string | null; readonly asn: string | null } {
		return { name: this.#names?.name(address) ?? null, asn: this.#origins?.name(address) ?? null };
	}

	/** The probe with what is known by now of who answered it. */
	complete(probe: ProbeResult): ProbeResult {
		const name = this.#names?.name(probe.from) ?? null;
		const named = name === null ? probe : { ...probe, name };
		return this.#origins === null ? named : { ...named, asn: this.#origins.name(probe.from) };
	}
}
