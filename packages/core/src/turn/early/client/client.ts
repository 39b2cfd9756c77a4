import {
	attributeOf,
	decodeStun,
	EARLY_TURN_COOKIE,
	isDecodeError,
	isSameEndpoint,
	type StunAddress,
	type StunErrorCode,
	type StunItem,
	type StunMessage,
	shortTermKey,
} from "@whither/wire";
import { type Deadline, earliest, type Instant, type Machine, SECOND } from "../../../machine.ts";
import { mayPointAt } from "../../../stun/answers.ts";
import { StunClient } from "../../../stun/client.ts";
import type { StunClientEvent, StunClientOutput, StunFailure } from "../../../stun/client-io.ts";
import { EARLY_TURN_LIFETIMES } from "../lifetimes.ts";
import { AnsweredIds } from "./answered-ids.ts";
import { type Binding, endOf, nextPort, refreshAt, relayedBy } from "./binding.ts";
import type {
	EarlyTurnClientConfig,
	EarlyTurnClientEvent,
	EarlyTurnClientIgnoreReason,
	EarlyTurnClientInput,
	EarlyTurnClientOutput,
} from "./client-io.ts";

/** What the one request under way is for. */
type Purpose = "allocate" | "refresh" | "release";
type Settled = Exclude<StunClientEvent, { readonly kind: "redirected" }>;
type Why = StunFailure | "refused";

/** What may be over when it is tried again. */
const PASSING: ReadonlySet<Why> = new Set<Why>(["timeout", "integrity", "unreachable"]);

/** After trouble at the server a client waits for several seconds (RFC 3489 §9.4). */
const AGAIN_NS = 5 * SECOND;

/**
 * One binding of an early relay (draft-rosenberg-midcom-turn-01 §8), from `allocate` to the last event: `failed`, `lost` or
 * `closed`. Requests leave one at a time, and again for 9.5 s as RFC 3489 has it. It carries no data: that is sent to the
 * server's own address as it is, and comes from there.
 */
export class EarlyTurnClient implements Machine<EarlyTurnClientInput, EarlyTurnClientOutput> {
	readonly #config: EarlyTurnClientConfig;
	readonly #stun: StunClient;
	readonly #answered = new AnsweredIds();
	#server: StunAddress;
	#purpose: Purpose | null = null;
	/** The transaction under way. */
	#id: Uint8Array | null = null;
	#binding: Binding | null = null;
	/** After a refresh in vain: no earlier than then. */
	#againAt: Instant = 0;
	#isMoved = false;
	#isReleasing = false;
	#isOver = false;
	#out: EarlyTurnClientOutput[] = [];

	constructor(config: EarlyTurnClientConfig) {
		this.#config = config;
		this.#server = config.server;
		this.#stun = new StunClient({ secret: config.secret });
	}

	/** Whose address data goes to: another than at first where that one sent us on (300). */
	get server(): StunAddress {
		return this.#server;
	}

	get deadline(): Deadline | null {
		const idle = this.#purpose === null ? this.#binding : null;
		const at = idle === null ? Number.POSITIVE_INFINITY : Math.max(refreshAt(idle), this.#againAt);
		return earliest([this.#stun.deadline, { at, why: "refresh" }]);
	}

	step(input: EarlyTurnClientInput, now: Instant): readonly EarlyTurnClientOutput[] {
		this.#out = [];
		if (this.#isOver) this.#ignore("closed");
		else if (input.type === "allocate") this.#begin(now);
		else if (input.type === "received") this.#hear(input, now);
		else if (input.type === "active") this.#noteActivity(now);
		else if (input.type === "release") this.#release(now);
		else if (input.type === "unreachable") this.#drive(this.#stun.step(input, now), now);
		else this.#drive(this.#stun.step({ type: "timer" }, now), now);
		this.#overdue(now);
		return this.#out;
	}

	#begin(now: Instant): void {
		if (this.#purpose !== null || this.#binding !== null) this.#ignore("closed");
		else this.#ask("allocate", now);
	}

	#noteActivity(now: Instant): void {
		if (this.#binding !== null) this.#binding.activeAt = Math.max(this.#binding.activeAt, now);
	}

	/** Of what is being asked for the answer is waited for: only then is there anything to release. */
	#release(now: Instant): void {
		if (this.#isReleasing) {
			this.#ignore("closed");
			return;
		}
		this.#isReleasing = true;
		if (this.#purpose === "refresh") this.#forgetRequest(now);
		if (this.#binding !== null) this.#ask("release", now);
		else if (this.#purpose === null) this.#end({ kind: "closed" });
	}

	#forgetRequest(now: Instant): void {
		if (this.#purpose !== null) this.#stun.step({ type: "cancel", key: this.#purpose }, now);
		if (this.#id !== null) this.#answered.add(this.#id, now);
		this.#purpose = null;
		this.#id = null;
	}

	#ask(purpose: Purpose, now: Instant): void {
		const { username, password } = this.#config.user;
		this.#purpose = purpose;
		const credentials = {
			kind: "shortTerm",
			username,
			key: shortTermKey(password),
			integrity: "sha1",
		} as const;
		const attributes = this.#attributes(purpose);
		const request = {
			key: purpose,
			to: this.#server,
			method: "allocate",
			classic: true,
			attributes,
			credentials,
		} as const;
		this.#drive(this.#stun.step({ type: "request", request }, now), now);
	}

	/** The cookie comes first (draft-rosenberg-midcom-turn-01 §9.2.4); which port and how much is said at the beginning alone. */
	#attributes(purpose: Purpose): readonly StunItem[] {
		const { lifetimeSeconds, bandwidthKbps, preferences } = this.#config;
		const items: StunItem[] = [{ name: "magicCookie", value: EARLY_TURN_COOKIE }];
		const lifetime = purpose === "release" ? 0 : lifetimeSeconds;
		if (lifetime !== undefined) items.push({ name: "lifetime", value: lifetime });
		if (purpose !== "allocate") return items;
		if (bandwidthKbps !== undefined) items.push({ name: "bandwidth", value: bandwidthKbps });
		if (preferences !== undefined) items.push({ name: "transportPreferences", value: preferences });
		return items;
	}

	/** Peers' data comes from the same address: what is no answer of the server's is not ours. */
	#hear({ bytes, from, at }: Extract<EarlyTurnClientInput, { readonly type: "received" }>, now: Instant): void {
		const message = isSameEndpoint(from, this.#server) ? decodeStun(bytes) : null;
		if (message === null) this.#ignore("notMine");
		else if (!isDecodeError(message) && this.#answered.has(message.transactionId, now)) this.#ignore("repeated");
		else this.#drive(this.#stun.step({ type: "received", bytes, from, at: at ?? now }, now), now);
	}

	#drive(outputs: readonly StunClientOutput[], now: Instant): void {
		for (const output of outputs) {
			if (output.type === "send") {
				this.#id = output.bytes.slice(4, 20);
				this.#out.push({ type: "send", bytes: output.bytes, to: output.to });
			} else if (output.type === "ignored") this.#disregard(output, now);
			else if (output.event.kind !== "redirected") this.#settle(output.event, now);
		}
	}

	/**
	 * An error that nothing protects counts where the server has no key to sign it with (RFC 3489 §9.4); but it sends
	 * nobody elsewhere.
	 */
	#disregard({ reason, key, error }: Extract<StunClientOutput, { readonly type: "ignored" }>, now: Instant): void {
		if (reason === "unprotected" && key !== null && error !== null && error.code !== 300) {
			const purpose = this.#purpose;
			this.#forgetRequest(now);
			if (purpose !== null) this.#refused(purpose, "refused", error, now);
		} else this.#ignore(reason === "badIntegrity" || reason === "unprotected" ? "badIntegrity" : "notMine");
	}

	#settle(event: Settled, now: Instant): void {
		const purpose = this.#purpose;
		this.#forgetRequest(now);
		if (purpose === null) return;
		if (event.kind === "failed") this.#refused(purpose, event.why, event.error, now);
		else if (event.kind === "success") this.#granted(purpose, event.message, now);
		else if (!this.#move(purpose, event.message, event.error, now)) this.#refused(purpose, "refused", event.error, now);
	}

	/** To another server, once and at the beginning alone: a binding does not move. */
	#move(purpose: Purpose, message: StunMessage, { code }: StunErrorCode, now: Instant): boolean {
		const other = code === 300 ? attributeOf(message, "earlyAlternateServer") : undefined;
		const mayMove = purpose === "allocate" && !this.#isMoved && !this.#isReleasing;
		if (other === undefined || !mayMove || !mayPointAt(this.#server, other)) return false;
		if (isSameEndpoint(other, this.#server)) return false;
		this.#isMoved = true;
		this.#server = other;
		this.#ask("allocate", now);
		return true;
	}

	#granted(purpose: Purpose, message: StunMessage, now: Instant): void {
		const lifetimeSeconds = this.#lifetimeOf(message);
		if (purpose === "release") this.#end({ kind: "closed" });
		else if (purpose === "allocate") this.#begun(message, lifetimeSeconds, now);
		else if (this.#binding !== null) this.#refreshed(this.#binding, message, lifetimeSeconds, now);
	}

	/**
	 * Of another relay: a NAT has forgotten us, and the server knows us by another address, for which it has made a new one. That is
	 * given back, and no answer waited for. No time at all is the end as well.
	 */
	#refreshed(binding: Binding, message: StunMessage, lifetimeSeconds: number, now: Instant): void {
		const mapped = attributeOf(message, "mappedAddress");
		const isOther = mapped !== undefined && !isSameEndpoint(mapped, binding.mapped);
		if (isOther) {
			this.#ask("release", now);
			this.#forgetRequest(now);
		}
		if (isOther || lifetimeSeconds === 0) {
			this.#end({ kind: "lost", why: "refused", error: null });
			return;
		}
		binding.lifetimeSeconds = lifetimeSeconds;
		binding.activeAt = now;
		this.#tell({ kind: "refreshed", lifetimeSeconds });
	}

	/** A server may say less than was asked for, and not more. */
	#lifetimeOf(message: StunMessage): number {
		const asked = this.#config.lifetimeSeconds ?? Number.POSITIVE_INFINITY;
		const told =
			attributeOf(message, "lifetime") ?? this.#config.lifetimeSeconds ?? EARLY_TURN_LIFETIMES.defaultSeconds;
		return Math.min(asked, told);
	}

	#begun(message: StunMessage, lifetimeSeconds: number, now: Instant): void {
		const relayed = relayedBy(this.#server, message);
		const [mapped] = relayed;
		if (mapped === undefined || lifetimeSeconds === 0) {
			this.#refused("allocate", "refused", null, now);
			return;
		}
		this.#binding = { mapped, lifetimeSeconds, activeAt: now };
		if (this.#isReleasing) this.#ask("release", now);
		else this.#tellBegun(message, relayed, lifetimeSeconds);
	}

	#tellBegun(message: StunMessage, relayed: readonly StunAddress[], lifetimeSeconds: number): void {
		const { preferences } = this.#config;
		const isAbove = preferences !== undefined && preferences.port !== "preallocated" && preferences.next;
		this.#tell({
			kind: "allocated",
			server: this.#server,
			relayed,
			lifetimeSeconds,
			bandwidthKbps: attributeOf(message, "bandwidth") ?? null,
			next: isAbove ? nextPort(relayed) : null,
		});
	}

	/** A refresh that was not answered, or met a server in trouble, is tried again as long as the binding may live. */
	#refused(purpose: Purpose, why: Why, error: StunErrorCode | null, now: Instant): void {
		const mayPass = PASSING.has(why) || error?.code === 500;
		if (this.#isReleasing) this.#end({ kind: "closed" });
		else if (purpose === "allocate") this.#end({ kind: "failed", why, error });
		else if (!mayPass || this.#binding === null || now >= endOf(this.#binding)) this.#end({ kind: "lost", why, error });
		else this.#againAt = now + AGAIN_NS;
	}

	#overdue(now: Instant): void {
		if (this.#isOver || this.#binding === null || this.#purpose !== null) return;
		if (now >= Math.max(refreshAt(this.#binding), this.#againAt)) this.#ask("refresh", now);
	}

	#end(event: EarlyTurnClientEvent): void {
		this.#isOver = true;
		this.#binding = null;
		this.#tell(event);
	}

	#tell(event: EarlyTurnClientEvent): void {
		this.#out.push({ type: "event", event });
	}

	#ignore(reason: EarlyTurnClientIgnoreReason): void {
		this.#out.push({ type: "ignored", reason });
	}
}
