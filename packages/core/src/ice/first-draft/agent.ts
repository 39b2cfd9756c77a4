import { classifyPacket, isSameEndpoint, type SdpAlt } from "@whither/wire";
import { type Deadline, earliest, type Instant, type Machine } from "../../machine.ts";
import { Addresses } from "./addresses.ts";
import type { Check } from "./check.ts";
import { Checks } from "./checks.ts";
import { Cycles } from "./cycles.ts";
import { describe } from "./description.ts";
import type {
	FirstDraftAddress,
	FirstDraftBase,
	FirstDraftCheck,
	FirstDraftConfig,
	FirstDraftInput,
	FirstDraftOutput,
	FirstDraftStream,
} from "./first-draft-io.ts";
import { Freeing } from "./freeing.ts";
import { Gathering } from "./gathering.ts";
import type { Ground } from "./ground.ts";
import { Hearing } from "./hearing.ts";
import { Outlet } from "./outlet.ts";
import { FIRST_DRAFT_QVALUES, qvalueOf } from "./qvalues.ts";
import { Relays } from "./relays.ts";
import { Requests } from "./requests.ts";
import { Secrets } from "./secrets.ts";
import { Sending } from "./sending.ts";
import { Sites } from "./sites.ts";

/** One that is RTP. */
const ONE_STREAM: readonly { readonly rtcp: boolean }[] = [{ rtcp: true }];

/** An agent of the first draft of ICE (draft-rosenberg-sipping-ice-01): finds where media can be sent to, and takes ever better ways. Sockets are the driver's, by number. */
export class FirstDraftAgent implements Machine<FirstDraftInput, FirstDraftOutput> {
	readonly #ground: Ground;
	readonly #relays: Relays;
	readonly #gathering: Gathering;
	readonly #checks: Checks;
	readonly #sending: Sending;
	readonly #freeing: Freeing;
	readonly #cycles: Cycles;
	readonly #hearing: Hearing;
	#state: "open" | "closing" | "closed" = "open";

	constructor(config: FirstDraftConfig) {
		const outlet = new Outlet();
		const secrets = new Secrets(config.secret);
		this.#ground = {
			...{ config, outlet, qvalues: { ...FIRST_DRAFT_QVALUES, ...config.qvalues } },
			requests: new Requests(secrets.bytes(), outlet),
			sites: new Sites(config.streams ?? ONE_STREAM),
			addresses: new Addresses(outlet, secrets),
		};
		this.#relays = new Relays(this.#ground, secrets);
		this.#gathering = new Gathering(this.#ground, () => this.#relays.isAwaited);
		this.#checks = new Checks(this.#ground, (check) => this.#verified(check));
		this.#sending = new Sending(this.#ground, this.#checks);
		this.#cycles = new Cycles(this.#ground, this.#checks, () => this.#gathering.isComplete);
		const [relays, sending, checks, cycles] = [this.#relays, this.#sending, this.#checks, this.#cycles];
		this.#freeing = new Freeing(this.#ground, { relays, sending, checks, cycles });
		this.#hearing = new Hearing(this.#ground, this.#relays);
	}

	/** What an offer or an answer is to say now, of each stream. */
	get description(): readonly FirstDraftStream[] {
		return this.#streams.map((_, stream) => describe(this.#ground, stream));
	}

	/** All addresses of ours, the ones given back too. */
	get addresses(): readonly FirstDraftAddress[] {
		return this.#ground.addresses.all.map((address) => address.report());
	}

	/** All checks of what the peer has told last. */
	get checks(): readonly FirstDraftCheck[] {
		return this.#checks.reports;
	}

	/** Transactions under way; none once it is closed. */
	get pending(): number {
		return this.#ground.requests.pending;
	}

	get deadline(): Deadline | null {
		if (this.#state === "closed") return null;
		const { requests } = this.#ground;
		const own = this.#state === "open" ? [requests, this.#gathering, this.#freeing, this.#cycles] : [];
		return earliest([...own, this.#relays].map(({ deadline }) => deadline));
	}

	step(input: FirstDraftInput, now: Instant): readonly FirstDraftOutput[] {
		if (this.#state !== "open") this.#hearClosed(input, now);
		// Data changes nothing, and there is much of it: what is due is done when the driver comes for it.
		else if (!this.#isData(input)) {
			this.#hear(input, now);
			this.#overdue(now);
		} else if (input.type === "send") this.#send(input, now);
		else if (input.type === "received") this.#hearing.received(input, now);
		return this.#ground.outlet.take();
	}

	get #streams(): readonly { readonly rtcp: boolean }[] {
		return this.#ground.config.streams ?? ONE_STREAM;
	}

	#isData(input: FirstDraftInput): boolean {
		return input.type === "send" || (input.type === "received" && classifyPacket(input.bytes) !== "stun");
	}

	#hear(input: FirstDraftInput, now: Instant): void {
		if (input.type === "received") this.#hearing.received(input, now);
		else if (input.type === "base") this.#addBase(input.base, input.at, now);
		else if (input.type === "baseGone") this.#removeBase(input.base, now);
		else if (input.type === "basesComplete") this.#gathering.basesComplete();
		else if (input.type === "peer") this.#meet(input.streams, now);
		else if (input.type === "told") this.#cycles.told(now);
		else if (input.type === "unreachable") this.#unreachable(input, now);
		else if (input.type === "rejected" || input.type === "close") this.#end(now);
	}

	#addBase(number: number, at: FirstDraftBase, now: Instant): void {
		const { sites, addresses, outlet, qvalues } = this.#ground;
		const site = sites.add(number, at);
		if (site === null) {
			if (!sites.has(number)) outlet.ignore("unknownBase");
			return;
		}
		const places = site.bases.map(({ place }) => place);
		addresses.add({ site, origin: "local", places, q: qvalueOf(qvalues, site, "local") });
		this.#gathering.begin(site, now);
		this.#relays.begin(site, now);
		this.#checks.addSite(site, now);
		this.#sending.restore(site.stream);
	}

	#removeBase(number: number, now: Instant): void {
		const { sites, addresses, outlet } = this.#ground;
		if (!sites.has(number)) outlet.ignore("unknownBase");
		const site = sites.remove(number);
		if (site === null) return;
		this.#gathering.remove(site, now);
		this.#relays.removeSite(site);
		this.#checks.removeSite(site, now);
		addresses.removeSite(site);
		this.#sending.removeSite(site);
	}

	#meet(streams: readonly (FirstDraftStream | null)[], now: Instant): void {
		let isFresh = false;
		const spoken: number[] = [];
		this.#streams.forEach((_, stream) => {
			const described = streams[stream] ?? null;
			const alternatives: readonly SdpAlt[] = described?.alternatives ?? [];
			if (alternatives.length > 0) spoken.push(stream);
			if (this.#checks.replace(stream, alternatives, now)) isFresh = true;
			this.#sending.describe(stream, described);
		});
		this.#cycles.heard(spoken, isFresh, now);
	}

	/** A server is given up at once; about a peer it is only a hint, for its NAT may open yet. */
	#unreachable({ base, to, code }: Extract<FirstDraftInput, { readonly type: "unreachable" }>, now: Instant): void {
		const { config, requests } = this.#ground;
		const isServer = config.stunServers?.some((server) => isSameEndpoint(server, to));
		if (isServer === true) requests.unreachable(base, to, code, now);
		this.#relays.unreachable(base, to, code, now);
	}

	/** An address of the peer's works; how the peer saw us may be one of ours that we did not know (rule 16). */
	#verified(check: Check): void {
		const { site, peer, mapped } = check;
		const { q, id } = peer.alt;
		this.#ground.addresses.add({ site, origin: "peer", places: mapped, q, derivedFrom: id });
		this.#sending.verified(check);
	}

	#send({ stream = 0, component = 1, bytes }: Extract<FirstDraftInput, { readonly type: "send" }>, now: Instant): void {
		const way = this.#sending.way(stream);
		const [base, to] = [way?.site.bases[component - 1], way?.places[component - 1]];
		if (base === undefined || to === undefined) {
			this.#ground.outlet.ignore("noDestination");
			return;
		}
		this.#ground.outlet.send(base.number, to, bytes);
		this.#relays.passed(base.number, to, false, now);
	}

	#overdue(now: Instant): void {
		if (this.#state !== "open") return;
		this.#ground.requests.overdue(now);
		this.#gathering.overdue(now);
		this.#relays.overdue(now);
		this.#freeing.overdue(now);
		this.#gathering.conclude();
		this.#cycles.conclude(now);
	}

	/** All ends but the relays, which are given back. */
	#end(now: Instant): void {
		this.#state = "closing";
		this.#gathering.end(now);
		this.#checks.end(now);
		this.#sending.end();
		this.#relays.end(now);
		this.#finish();
	}

	#hearClosed(input: FirstDraftInput, now: Instant): void {
		const isRelays = this.#state === "closing" && (input.type === "received" || input.type === "timer");
		const at = input.type === "received" ? (input.at ?? now) : now;
		if (!isRelays) this.#ground.outlet.ignore("closed");
		else if (input.type === "timer") this.#relays.overdue(now);
		else if (input.type === "received" && !this.#relays.received(input.base, input.from, input.bytes, at, now))
			this.#ground.outlet.ignore("closed");
		this.#finish();
	}

	#finish(): void {
		if (this.#state !== "closing" || this.#relays.isOpen) return;
		this.#state = "closed";
		this.#ground.outlet.tell({ kind: "closed" });
	}
}
