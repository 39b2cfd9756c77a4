import { decodeMdns, dnsData, encodeMdns, isDecodeError, type MdnsMessage } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { MdnsAgent } from "./mdns-agent.ts";
import type { MdnsInput, MdnsOutput } from "./mdns-io.ts";

const NAME = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";
const PEER = { address: "192.0.2.7", port: 5353 };

/** A machine with its time, and everything that it has put out, oldest first. */
class Bench {
	readonly machine = new MdnsAgent();
	now = 0;

	constructor(...uses: readonly ("full" | "oneShot")[]) {
		for (const [socket, use] of uses.entries()) this.step({ type: "opened", socket, use });
	}

	step(input: MdnsInput): readonly MdnsOutput[] {
		return this.machine.step(input, this.now * MILLISECOND);
	}

	/** Goes from deadline to deadline up to this time, and says when what was put out. */
	until(ms: number): readonly (readonly [ms: number, MdnsOutput])[] {
		const outputs: (readonly [number, MdnsOutput])[] = [];
		for (;;) {
			const at = this.machine.deadline?.at ?? Number.POSITIVE_INFINITY;
			if (at > ms * MILLISECOND) break;
			this.now = at / MILLISECOND;
			for (const output of this.step({ type: "timer" })) outputs.push([this.now, output]);
		}
		this.now = ms;
		return outputs;
	}

	hear(bytes: Uint8Array, from = PEER, socket = 0): readonly MdnsOutput[] {
		return this.step({ type: "received", socket, from, bytes });
	}
}

function sent(outputs: readonly MdnsOutput[]) {
	return outputs.flatMap((output) => {
		if (output.type !== "send") return [];
		const message = decodeMdns(output.bytes) as MdnsMessage;
		expect(isDecodeError(message)).toBe(false);
		return [{ socket: output.socket, to: output.to, message }];
	});
}

/** The bytes that one machine sends for a question. */
function questionFor(name: string): Uint8Array {
	const [output] = new Bench("full").step({ type: "resolve", name });
	if (output?.type !== "send") throw new Error("it asks nothing");
	return output.bytes;
}

/** One question of this type and class. */
function question(
	type: number,
	more: { readonly class?: number; readonly unicastResponse?: boolean; readonly id?: number } = {},
): Uint8Array {
	const { id = 0, unicastResponse = false } = more;
	return encodeMdns({ id, questions: [{ name: NAME, type, class: more.class ?? 1, unicastResponse }] });
}

function published(address = "192.0.2.1"): Bench {
	const bench = new Bench("full");
	bench.step({ type: "publish", name: NAME, address });
	return bench;
}

const resolved = (name: string, address: string | null) => ({
	type: "event",
	event: { kind: "resolved", name, address },
});

describe("a name that is looked up", () => {
	it("is asked for on every link, for both families, again after a second and then two, and given up in the end", () => {
		const bench = new Bench("full", "full");
		const first = sent(bench.step({ type: "resolve", name: NAME }));
		expect(first.map(({ socket, to }) => [socket, to])).toEqual([0, 0, 1, 1].map((socket) => [socket, null]));
		for (const [index, type] of [1, 28].entries())
			expect(first[index]?.message).toMatchObject({
				...{ id: 0, response: false, answers: [] },
				questions: [{ name: `${NAME}.`, type, class: 1, unicastResponse: false }],
			});
		expect(bench.until(5_000).map(([ms, output]) => [ms, output.type])).toEqual([
			...[1_000, 3_000].flatMap((ms) => Array.from({ length: 4 }, () => [ms, "send"])),
			[3_500, "event"],
		]);
		expect(bench.machine.deadline).toBeNull();
	});

	it("is asked for in quicker succession by whoever has no port 5353", () => {
		const bench = new Bench("oneShot");
		expect(sent(bench.step({ type: "resolve", name: NAME }))).toHaveLength(2);
		expect(new Set(bench.until(5_000).map(([ms]) => ms))).toEqual(new Set([250, 750, 1_750, 3_500]));
	});

	it("is asked for on a link that comes later", () => {
		const bench = new Bench();
		expect(bench.step({ type: "resolve", name: NAME })).toEqual([]);
		bench.now = 400;
		expect(sent(bench.step({ type: "opened", socket: 5, use: "full" }))).toMatchObject([{ socket: 5 }, { socket: 5 }]);
	});

	it.each(["192.0.2.1", "2001:db8::1", "fe80::1"])("is found where somebody publishes it: %s", (address) => {
		const asker = new Bench("full");
		const owner = published(address);
		const [asked] = asker.step({ type: "resolve", name: NAME.toUpperCase().replace(".LOCAL", ".local.") });
		if (asked?.type !== "send") throw new Error("it asks nothing");
		const [answer] = owner.hear(asked.bytes);
		if (answer?.type !== "send") throw new Error("it answers nothing");
		expect(asker.hear(answer.bytes)).toEqual([resolved(NAME.toUpperCase().replace(".LOCAL", ".local."), address)]);
		expect(asker.machine.deadline).toBeNull();
	});

	it("is known from before while it lives, and until it is withdrawn", () => {
		const [asker, owner] = [new Bench("full"), published()];
		asker.step({ type: "resolve", name: NAME });
		const answer = owner.hear(questionFor(NAME))[0];
		const goodbye = owner.step({ type: "withdraw", name: NAME })[0];
		if (answer?.type !== "send" || goodbye?.type !== "send") throw new Error("nothing was sent");
		asker.hear(answer.bytes);
		asker.now = 119_000;
		expect(asker.step({ type: "resolve", name: NAME })).toEqual([resolved(NAME, "192.0.2.1")]);
		asker.now = 121_000;
		expect(sent(asker.step({ type: "resolve", name: NAME }))).toHaveLength(2);
		asker.hear(answer.bytes);
		asker.hear(goodbye.bytes);
		expect(sent(asker.step({ type: "resolve", name: NAME }))).toHaveLength(2);
	});

	it("is our own, or no name of a link, at once", () => {
		const bench = published();
		expect(bench.step({ type: "resolve", name: NAME })).toEqual([resolved(NAME, "192.0.2.1")]);
		for (const name of ["example.com", "a.b.local", "192.0.2.1", "local", ".local"])
			expect(bench.step({ type: "resolve", name }), name).toEqual([resolved(name, null)]);
	});

	it("is one of 64 at most", () => {
		const bench = new Bench("full");
		for (let index = 0; index < 64; index++) bench.step({ type: "resolve", name: `${index}.local` });
		expect(bench.step({ type: "resolve", name: "0.local" })).toEqual([]);
		expect(bench.step({ type: "resolve", name: "64.local" })).toEqual([
			{ type: "ignored", reason: "tooMany" },
			resolved("64.local", null),
		]);
	});

	it("is not believed to be what comes from another port, is withdrawn, or is about another name", () => {
		const owner = published();
		const [answer] = sent(owner.hear(questionFor(NAME)));
		const [goodbye] = owner.step({ type: "withdraw", name: NAME });
		const asker = new Bench("full");
		asker.step({ type: "resolve", name: NAME });
		const [, bytes] = [answer, published().hear(questionFor(NAME))[0]];
		if (bytes?.type !== "send" || goodbye?.type !== "send") throw new Error("nothing was sent");
		expect(asker.hear(bytes.bytes, { ...PEER, port: 5354 })).toEqual([{ type: "ignored", reason: "wrongPort" }]);
		expect(asker.hear(goodbye.bytes)).toEqual([{ type: "ignored", reason: "otherNames" }]);
		const other = new Bench("full");
		other.step({ type: "resolve", name: "other.local" });
		expect(other.hear(bytes.bytes)).toEqual([{ type: "ignored", reason: "otherNames" }]);
	});
});

describe("a name that is published", () => {
	it("is told at once to whoever asks, on any link, also one that comes later, and to nobody before", () => {
		const bench = published();
		bench.now = 500;
		bench.step({ type: "opened", socket: 1, use: "full" });
		expect(bench.until(10_000)).toEqual([]);
		for (const socket of [0, 1]) {
			const [reply] = sent(bench.hear(questionFor(NAME), PEER, socket));
			expect(reply).toMatchObject({ socket, to: null });
			expect(reply?.message).toMatchObject({
				...{ id: 0, response: true, authoritative: true, questions: [] },
				answers: [
					{ name: `${NAME}.`, class: 1, ttl: 120, cacheFlush: true, data: { value: { address: "192.0.2.1" } } },
				],
				additionals: [{ data: { name: "NSEC", value: { next: `${NAME}.`, types: [1] } } }],
			});
		}
	});

	it("is not told to all again within a second, but as soon as that is over", () => {
		const bench = published();
		expect(sent(bench.hear(questionFor(NAME)))).toHaveLength(1);
		bench.now = 300;
		expect(bench.hear(questionFor(NAME), { ...PEER, address: "192.0.2.8" })).toEqual([]);
		expect(bench.until(20_000).map(([ms]) => ms)).toEqual([1_000]);
	});

	it("is told once to whoever asks for one family right behind the other, and again who still asks a second later", () => {
		const bench = published();
		expect(sent(bench.hear(question(1)))).toHaveLength(1);
		expect(bench.hear(question(28))).toEqual([{ type: "ignored", reason: "knownAnswer" }]);
		expect(bench.machine.deadline).toBeNull();
		bench.now = 999;
		expect(bench.hear(question(1))).toEqual([]);
		expect(bench.until(20_000).map(([ms]) => ms)).toEqual([1_000]);
	});

	it("is told to the asker alone where that will do, and all have heard of it lately", () => {
		const bench = published();
		const asked = question(1, { unicastResponse: true });
		expect(sent(bench.hear(asked))).toMatchObject([{ to: null }]);
		bench.now = 29_000;
		bench.until(29_000);
		expect(sent(bench.hear(asked))).toMatchObject([{ to: PEER, message: { answers: [{ cacheFlush: true }] } }]);
		bench.now = 40_000;
		expect(sent(bench.hear(asked))).toMatchObject([{ to: null }]);
	});

	it("is told to a plain resolver as a server does: with its question and its number, and for ten seconds", () => {
		const from = { address: "192.0.2.7", port: 40_000 };
		const bench = published();
		const [reply] = sent(bench.hear(question(1, { id: 77 }), from));
		expect(reply).toMatchObject({
			to: from,
			message: { id: 77, questions: [{ type: 1 }], answers: [{ ttl: 10, cacheFlush: false, data: { name: "A" } }] },
		});
		expect(sent(bench.hear(question(28, { id: 78 }), from))).toMatchObject([
			{ message: { answers: [{ data: { name: "NSEC" } }] } },
		]);
	});

	it("has an address of one family: that there is no other is said too", () => {
		const [reply] = sent(published().hear(question(28)));
		expect(reply?.message).toMatchObject({
			answers: [{ data: { name: "NSEC", value: { types: [1] } } }],
			additionals: [{ data: { name: "A" } }],
		});
		for (const type of [1, 255]) {
			const [other] = sent(published().hear(question(type, { class: 255 })));
			expect(other?.message.answers).toMatchObject([{ data: { name: "A" } }]);
		}
	});

	it("is not told to whoever knows it already, and for long", () => {
		const bench = published();
		const questions = [{ name: NAME, type: 1, class: 1, unicastResponse: false }];
		const known = { name: NAME, class: 1, cacheFlush: false, data: dnsData("A", { address: "192.0.2.1" }) };
		const query = (ttl: number) => encodeMdns({ id: 0, questions, answers: [{ ...known, ttl }] });
		expect(bench.hear(query(60))).toEqual([{ type: "ignored", reason: "knownAnswer" }]);
		expect(sent(bench.hear(query(59)))).toHaveLength(1);
	});

	it("is withdrawn on every link, with all others at the end", () => {
		const bench = new Bench("full", "full");
		for (const name of ["a.local", "b.local"]) bench.step({ type: "publish", name, address: "192.0.2.1" });
		bench.step({ type: "resolve", name: NAME });
		expect(sent(bench.step({ type: "withdraw", name: "A.local" }))).toMatchObject(
			[0, 1].map((socket) => ({ socket, to: null, message: { answers: [{ name: "a.local.", ttl: 0 }] } })),
		);
		expect(bench.step({ type: "withdraw", name: "a.local" })).toEqual([{ type: "ignored", reason: "unknownName" }]);
		const last = bench.step({ type: "close" });
		expect(sent(last)).toMatchObject([{ message: { answers: [{ name: "b.local.", ttl: 0 }] } }, { socket: 1 }]);
		expect(last.at(-1)).toEqual(resolved(NAME, null));
		expect(bench.machine.deadline).toBeNull();
		expect(bench.hear(questionFor("b.local"))).toEqual([{ type: "ignored", reason: "closed" }]);
	});

	it("that is no name, or stands for no address, is our own mistake", () => {
		const bench = new Bench("full");
		expect(() => bench.step({ type: "publish", name: "a..local", address: "192.0.2.1" })).toThrow(RangeError);
		expect(() => bench.step({ type: "publish", name: "a.local", address: "here" })).toThrow(RangeError);
	});
});

describe("what others send", () => {
	const fromHex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));

	it("is understood: an answer of avahi 0.8's, with names that point to others", () => {
		const bench = new Bench("full");
		bench.step({ type: "resolve", name: "extrasavahi.local" });
		const answer = fromHex(`
			0000 8400 0000 0002 0000 0000 0b6578747261736176616869056c6f63616c00 001c 8001 00000078 0010
			fd990000000000000000000000000002 c00c 0001 8001 00000078 0004 0a630002`);
		expect(bench.hear(answer)).toEqual([resolved("extrasavahi.local", "fd99::2")]);
	});

	it("is answered: a question of avahi's", () => {
		const name = "3ce89b9d-63dd-43a1-a749-267ed46be033.local";
		const bench = new Bench("full");
		bench.step({ type: "publish", name, address: "10.99.0.1" });
		const asked = fromHex(`
			0000 0000 0001 0000 0000 0000
			24 33636538396239642d363364642d343361312d613734392d323637656434366265303333 056c6f63616c00 0001 0001`);
		expect(sent(bench.hear(asked))).toMatchObject([{ to: null, message: { answers: [{ name: `${name}.` }] } }]);
	});
});

describe("what is heard", () => {
	it("is ignored where it is nothing that concerns us", () => {
		const bench = published();
		const ignored = (bytes: Uint8Array, socket = 0) => bench.hear(bytes, PEER, socket);
		expect(ignored(new Uint8Array(11))).toEqual([{ type: "ignored", reason: "notMdns" }]);
		expect(ignored(questionFor("other.local"))).toEqual([{ type: "ignored", reason: "otherNames" }]);
		expect(ignored(questionFor(NAME), 9)).toEqual([{ type: "ignored", reason: "unknownSocket" }]);
		expect(ignored(question(1, { class: 3 }))).toEqual([{ type: "ignored", reason: "otherNames" }]);
	});

	it("never throws, whatever the bytes", () => {
		const bench = published();
		bench.step({ type: "resolve", name: "other.local" });
		const seed = questionFor(NAME);
		const changed = fc.tuple(fc.nat(seed.length - 1), fc.nat(255)).map(([at, value]) => {
			const bytes = seed.slice();
			bytes[at] = value;
			return bytes;
		});
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => void bench.hear(bytes)),
			{ numRuns: 200 },
		);
	});
});
