import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attributeOf, decodeStun, encodeStun, isDecodeError, type StunItem, type StunMessage } from "@whither/wire";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE, type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { type BackendCase, casesOf, nativeObstacle, twoAddressesObstacle } from "../testing/backend-cases.ts";
import { isThere } from "../testing/namespaces.ts";
import { openDatagram } from "../transport/open.ts";
import { openStream } from "../transport/stream.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { openStunService } from "./service.ts";
import { isServiceFailure, type StunPlace, type StunService, type StunServiceOrder } from "./service-io.ts";

const two = "with two addresses and two ports answers from the other ones";
const tlsObstacle = isThere("openssl") ? null : "it needs openssl (Debian package openssl)";
const overTls = "answers over TLS, and who does not trust its certificate is told so";
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

let nextId = 0;
function request(...attributes: StunItem[]): Uint8Array {
	const transactionId = new Uint8Array(12).fill(++nextId);
	return encodeStun({ class: "request", method: "binding", transactionId, attributes });
}

function messageOf(bytes: Uint8Array): StunMessage {
	const message = decodeStun(bytes.slice());
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}

const TITLE = "a STUN service by the $name backend, IPv$family";
describe.skipIf(nativeObstacle !== null).each(casesOf("native"))(skippable(TITLE, nativeObstacle), serves);
describe.each(casesOf("portable"))(TITLE, serves);

function serves({ name, family }: BackendCase): void {
	const closing: (() => unknown)[] = [];
	afterEach(async () => {
		for (const close of closing.splice(0)) await close();
	});

	async function serve(places: readonly Partial<StunPlace>[], more: Partial<StunServiceOrder> = {}) {
		process.env[BACKEND_VARIABLE] = name;
		const whole = places.map((place) => ({
			transport: "udp" as const,
			family,
			address: LOOPBACK[family] as string | null,
			port: 0,
			...place,
		}));
		const service = await openStunService({ places: whole, ...more });
		const backend = openBackend();
		delete process.env[BACKEND_VARIABLE];
		if (isServiceFailure(service)) throw new Error(JSON.stringify(service));
		if (isSystemError(backend)) throw new Error("no backend");
		closing.push(() => service.close());
		return { service, backend };
	}

	/** Sends datagrams and waits for so many answers. */
	function ask(backend: Backend, to: TransportAddress, bytes: readonly Uint8Array[], wanted = 1) {
		return new Promise<{ from: TransportAddress; message: StunMessage }[]>((resolve, reject) => {
			const heard: { from: TransportAddress; message: StunMessage }[] = [];
			const client = openDatagram(
				backend,
				{ family, address: null, port: 0, use: "client" },
				{
					received: (datagrams) => {
						for (const one of datagrams) heard.push({ from: one.from, message: messageOf(one.bytes) });
						if (heard.length >= wanted) resolve(heard);
					},
					failed: (error) => reject(new Error(error.errnoName)),
				},
			);
			if (isSystemError(client)) throw new Error(client.errnoName);
			closing.push(() => client.close());
			client.send(bytes.map((one) => ({ to, bytes: one })));
		});
	}

	function placeOf({ listening }: StunService, index = 0): TransportAddress {
		const local = listening[index]?.local;
		if (local === undefined) throw new Error("does not listen");
		return local;
	}

	it("tells a client its address, whatever else is thrown at it", async () => {
		const { service, backend } = await serve([{}]);
		const noise = [new Uint8Array(0), new Uint8Array([0]), new Uint8Array(2000).fill(0xff), new Uint8Array(20)];
		const [answer] = await ask(backend, placeOf(service), [...noise, request()]);
		if (answer === undefined) throw new Error("no answer");
		expect(answer.from).toEqual(placeOf(service));
		expect(answer.message.class).toBe("success");
		expect(attributeOf(answer.message, "xorMappedAddress")?.address).toBe(LOOPBACK[family]);
		expect(attributeOf(answer.message, "otherAddress")).toBeUndefined();
		expect(service.counts).toMatchObject({ received: 5, answered: 1 });
	});

	it("answers many at once", async () => {
		const { service, backend } = await serve([{}]);
		const answers = await ask(
			backend,
			placeOf(service),
			Array.from({ length: 100 }, () => request()),
			100,
		);
		expect(answers).toHaveLength(100);
	});

	// Loopback has one address of IPv6.
	if (family === 4)
		it.skipIf(twoAddressesObstacle !== null)(skippable(two, twoAddressesObstacle), async () => {
			const { service: trial } = await serve([{}]);
			const { port } = placeOf(trial);
			await trial.close();
			const places = ["127.0.0.1", "127.0.0.2"].flatMap((address) =>
				[port, port + 1].map((one) => ({ address, port: one })),
			);
			const { service, backend } = await serve(places);
			const to = { address: "127.0.0.1", port };
			const [plain] = await ask(backend, to, [request()]);
			expect(plain && attributeOf(plain.message, "otherAddress")).toEqual({ address: "127.0.0.2", port: port + 1 });
			const both = request({ name: "changeRequest", value: { ip: true, port: true } });
			const [changed] = await ask(backend, to, [both]);
			expect(changed?.from).toEqual({ address: "127.0.0.2", port: port + 1 });
			expect(service.listening).toHaveLength(4);
		});

	it("on all addresses answers from the one that was asked", async () => {
		const { service, backend } = await serve([{ address: null }]);
		const { port } = placeOf(service);
		const address = name === "native" && family === 4 ? "127.0.0.3" : LOOPBACK[family];
		const [answer] = await ask(backend, { address, port }, [request()]);
		expect(answer?.from).toEqual({ address, port });
	});

	it("answers on streams, in pieces as in one, and ends those that speak otherwise", async () => {
		const { service, backend } = await serve([{ transport: "tcp" }, {}]);
		const to = placeOf(
			service,
			service.listening.findIndex(({ transport }) => transport === "tcp"),
		);
		const two = [request(), request()];
		const bytes = Uint8Array.from(two.flatMap((one) => [...one]));
		const heard: number[] = [];
		await new Promise<void>((resolve) => {
			const stream = openStream(
				{ protocol: "tcp", to, source: null, serverName: "" },
				{
					opened: () => {
						stream.send(bytes.subarray(0, 7));
						setImmediate(() => stream.send(bytes.subarray(7)));
					},
					received: (piece) => {
						heard.push(...piece);
						// Two answers of the same length.
						if (heard.length >= 2 * (20 + (family === 4 ? 12 : 24))) stream.send(new TextEncoder().encode("no STUN"));
					},
					closed: () => resolve(),
				},
				backend.clock,
			);
		});
		const first = messageOf(Uint8Array.from(heard.slice(0, heard.length / 2)));
		expect(attributeOf(first, "xorMappedAddress")?.address).toBe(LOOPBACK[family]);
		expect(service.counts).toMatchObject({ received: 2, answered: 2, streams: 1 });
	});

	it("ends its streams when it is closed, also those that say nothing", async () => {
		const { service, backend } = await serve([{ transport: "tcp" }]);
		const ended = await new Promise<unknown>((resolve) => {
			const request = { protocol: "tcp", to: placeOf(service), source: null, serverName: "" } as const;
			const listener = { opened: () => service.close(), received: () => {}, closed: resolve };
			openStream(request, listener, backend.clock);
		});
		expect(ended).toBeNull();
		await service.close();
	});

	it.skipIf(tlsObstacle !== null)(skippable(overTls, tlsObstacle), async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-tls-"));
		closing.push(() => rmSync(folder, { recursive: true }));
		const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
		const subject = ["-subj", "/CN=localhost", "-addext", `subjectAltName=IP:${LOOPBACK[family]}`];
		const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
		execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject], {
			stdio: "pipe",
		});
		const pem = { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
		const { service, backend } = await serve([{ transport: "tls" }], pem);
		const open = (authorities: string | undefined) =>
			new Promise<unknown>((resolve) => {
				const trust = authorities === undefined ? {} : { authorities };
				const to = placeOf(service);
				const stream = openStream(
					{ protocol: "tls", to, source: null, serverName: LOOPBACK[family], ...trust },
					{
						opened: () => stream.send(request()),
						received: (bytes) => {
							stream.destroy();
							resolve(attributeOf(messageOf(bytes), "xorMappedAddress")?.address);
						},
						closed: (failure) => resolve(failure),
					},
					backend.clock,
				);
			});
		expect(await open(pem.certificate)).toBe(LOOPBACK[family]);
		expect(await open(undefined)).toMatchObject({ code: "tls", reason: "DEPTH_ZERO_SELF_SIGNED_CERT" });
		// A file that is just being written is empty: it does not take the place of what there is.
		expect([service.renew("", pem.key), service.renew(pem.certificate, "")]).toEqual([false, false]);
		expect(await open(pem.certificate)).toBe(LOOPBACK[family]);
		await expect(serve([{ transport: "tls" }], { ...pem, certificate: "" })).rejects.toThrow('"code":"tls"');
	});

	it("tells which place is taken, and leaves nothing open", async () => {
		const { service } = await serve([{}]);
		const { port } = placeOf(service);
		process.env[BACKEND_VARIABLE] = name;
		const place = { transport: "udp", family, address: LOOPBACK[family], port, optional: true } as const;
		const failure = await openStunService({ places: [place] });
		const absent = { ...place, address: family === 4 ? "203.0.113.9" : "2001:db8::9", port: 0 };
		const lacking = await openStunService({ places: [absent] });
		delete process.env[BACKEND_VARIABLE];
		expect(failure).toMatchObject({ place, error: { errnoName: "EADDRINUSE" } });
		expect(lacking).toMatchObject({ listening: [] });
	});
}
