/** What our end of a meeting has said so far, as a call is to tell it. Pure. */
import { defaultCandidate, type IceRemoteLine, type IceSide } from "@whither/core";
import {
	addressFamily,
	type IceCandidateLine,
	isDecodeError,
	parseIceCandidate,
	type StunAddress,
} from "@whither/wire";
import type { AlternativesMessage, DescriptionMessage, MeetMessage } from "../../api/meet/signalling/message.ts";

/** What no pace means (RFC 8839 §5.6). */
const DEFAULT_PACING_MS = 50;

/** Collects the messages of one end. */
export class OwnEnd {
	#description: DescriptionMessage | null = null;
	#lines: string[] = [];
	#isComplete = false;
	#alternatives: AlternativesMessage | null = null;
	/** How often something new was said. */
	#news = 0;

	/** False: nothing that is told in descriptions. */
	hear(message: MeetMessage): boolean {
		const before = this.#news;
		switch (message.type) {
			case "description":
				if (message.ufrag !== this.#description?.ufrag) this.#begin();
				this.#description = message;
				this.#news++;
				break;
			case "candidates":
				if (message.ufrag === this.#description?.ufrag) this.#add(message.lines);
				break;
			case "endOfCandidates":
				if (message.ufrag === this.#description?.ufrag && !this.#isComplete) this.#end();
				break;
			case "alternatives":
				this.#alternatives = message;
				this.#news++;
				break;
		}
		return this.#news > before;
	}

	get description(): DescriptionMessage | null {
		return this.#description;
	}

	get alternatives(): AlternativesMessage | null {
		return this.#alternatives;
	}

	get isComplete(): boolean {
		return this.#isComplete;
	}

	/** Grows with everything that is said. */
	get news(): number {
		return this.#news;
	}

	/** The same as ICE's descriptions have it, without options that are not to be told; null: nothing was said. */
	side(hides: (option: string) => boolean = () => false): IceSide | null {
		if (this.#description === null) return null;
		const { ufrag, pwd, options, lite, pacingMs } = this.#description;
		return {
			own: {
				ufrag,
				pwd,
				options: options.filter((option) => !hides(option)),
				lite,
				pacingMs: pacingMs ?? DEFAULT_PACING_MS,
			},
			candidates: this.candidates,
			isComplete: this.#isComplete,
		};
	}

	get candidates(): readonly IceRemoteLine[] {
		return this.#read().map((line) => ({ line }));
	}

	/** Where most could send to that check nothing, of this family if there is such; null: nowhere. */
	likely(family: 4 | 6 | null): StunAddress | null {
		if (this.#alternatives !== null) return this.#alternatives.destination;
		const lines = this.#read();
		const ofFamily = lines.filter(({ address }) => family === null || addressFamily(address) === family);
		const found = defaultCandidate(ofFamily, 1) ?? defaultCandidate(lines, 1);
		return found === null ? null : { address: found.address, port: found.port };
	}

	#begin(): void {
		this.#lines = [];
		this.#isComplete = false;
	}

	#add(lines: readonly string[]): void {
		const fresh = lines.filter((line) => !this.#lines.includes(line));
		this.#lines.push(...fresh);
		if (fresh.length > 0) this.#news++;
	}

	#end(): void {
		this.#isComplete = true;
		this.#news++;
	}

	#read(): readonly IceCandidateLine[] {
		const read = this.#lines.map((line) => parseIceCandidate(line));
		return read.filter((line): line is IceCandidateLine => !isDecodeError(line));
	}
}
