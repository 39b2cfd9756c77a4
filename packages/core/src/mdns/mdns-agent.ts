import { decodeMdns, isDecodeError, MDNS_PORT, type MdnsMessage, type StunAddress } from "@whither/wire";
import type { Deadline, Instant, Machine } from "../machine.ts";
import type { MdnsConfig, MdnsIgnoreReason, MdnsInput, MdnsOutput } from "./mdns-io.ts";
import { Publishing } from "./publishing.ts";
import { isMdnsName, type MdnsUse, Resolving } from "./resolving.ts";

/** Three questions of a full querier, at 0, 1 and 3 s, and time for an answer. */
const TIMEOUT_MS = 3_500;

/**
 * Names of addresses on the links of this machine (RFC 6762), as far as ICE wants them
 * (draft-ietf-mmusic-mdns-ice-candidates §3): looks up others', and publishes ours, which are random. That nobody else has
 * them is therefore not asked, and no conflict is looked for. Of what it hears it keeps what it has asked for.
 */
export class MdnsAgent implements Machine<MdnsInput, MdnsOutput> {
	readonly #resolving: Resolving;
	readonly #publishing: Publishing;
	readonly #sockets = new Map<number, MdnsUse>();
	#outputs: MdnsOutput[] = [];
	#closed = false;

	constructor({ timeoutMs = TIMEOUT_MS }: MdnsConfig = {}) {
		this.#resolving = new Resolving(timeoutMs);
		this.#publishing = new Publishing();
	}

	get deadline(): Deadline | null {
		const [asking, telling] = [this.#resolving.deadline, this.#publishing.deadline];
		const at = Math.min(asking, telling);
		return at === Number.POSITIVE_INFINITY ? null : { at, why: at === asking ? "ask" : "tell" };
	}

	step(input: MdnsInput, now: Instant): readonly MdnsOutput[] {
		if (this.#closed) this.#ignore("closed");
		else this.#hear(input, now);
		if (!this.#closed) this.#overdue(now);
		const outputs = this.#outputs;
		this.#outputs = [];
		return outputs;
	}

	#hear(input: MdnsInput, now: Instant): void {
		if (input.type === "received") this.#received(input, now);
		else if (input.type === "publish") this.#publishing.add(input.name, input.address);
		else if (input.type === "withdraw") this.#withdraw(input.name);
		else if (input.type === "resolve") this.#resolve(input.name, now);
		else if (input.type === "opened") {
			this.#sockets.set(input.socket, input.use);
			if (input.use === "full") this.#publishing.addSocket(input.socket);
		} else if (input.type === "closed") {
			this.#sockets.delete(input.socket);
			this.#publishing.removeSocket(input.socket);
			this.#resolving.forget(input.socket);
		} else if (input.type === "close") this.#close();
	}

	#resolve(name: string, now: Instant): void {
		const known = this.#publishing.addressOf(name) ?? this.#resolving.addressOf(name, now);
		if (known !== null || !isMdnsName(name)) this.#tell(name, known);
		else if (!this.#resolving.add(name, now)) {
			this.#ignore("tooMany");
			this.#tell(name, null);
		}
	}

	#received(input: Extract<MdnsInput, { readonly type: "received" }>, now: Instant): void {
		const { socket, from, bytes } = input;
		const use = this.#sockets.get(socket);
		const message = decodeMdns(bytes);
		if (use === undefined) this.#ignore("unknownSocket");
		else if (isDecodeError(message) || message.opcode !== 0 || message.rcode !== 0) this.#ignore("notMdns");
		else if (message.response) this.#answered(message, from, now);
		else if (use === "full") this.#asked(message, { socket, from, now });
		else this.#ignore("otherNames");
	}

	#answered(message: MdnsMessage, { port }: StunAddress, now: Instant): void {
		if (port !== MDNS_PORT) {
			this.#ignore("wrongPort");
			return;
		}
		const found = this.#resolving.answered(message, now);
		if (found.length === 0) this.#ignore("otherNames");
		for (const { name, address } of found) this.#tell(name, address);
	}

	#asked(
		query: MdnsMessage,
		{ socket, from, now }: { readonly socket: number; readonly from: StunAddress; readonly now: Instant },
	): void {
		const { address, port } = from;
		const replies = this.#publishing.replies(query, { socket, address, isLegacy: port !== MDNS_PORT }, now);
		if (replies.length === 0) this.#ignore("otherNames");
		for (const reply of replies) {
			if (reply.kind === "knownAnswer") this.#ignore("knownAnswer");
			else if (reply.bytes !== null) this.#send(socket, reply.kind === "asker" ? from : null, reply.bytes);
		}
	}

	#withdraw(name: string): void {
		const goodbyes = this.#publishing.remove(name);
		if (goodbyes === null) this.#ignore("unknownName");
		else for (const [socket, bytes] of goodbyes) this.#send(socket, null, bytes);
	}

	#close(): void {
		for (const name of this.#publishing.names) this.#withdraw(name);
		for (const name of this.#resolving.over(Number.POSITIVE_INFINITY)) this.#tell(name, null);
		this.#closed = true;
	}

	#overdue(now: Instant): void {
		for (const name of this.#resolving.over(now)) this.#tell(name, null);
		for (const [socket, use] of this.#sockets)
			for (const bytes of this.#resolving.due(socket, use, now)) this.#send(socket, null, bytes);
		for (const { socket, bytes } of this.#publishing.due(now)) this.#send(socket, null, bytes);
	}

	#send(socket: number, to: StunAddress | null, bytes: Uint8Array): void {
		this.#outputs.push({ type: "send", socket, to, bytes });
	}

	#tell(name: string, address: string | null): void {
		this.#outputs.push({ type: "event", event: { kind: "resolved", name, address } });
	}

	#ignore(reason: MdnsIgnoreReason): void {
		this.#outputs.push({ type: "ignored", reason });
	}
}
