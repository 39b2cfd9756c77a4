/** Workers of the data path on loopback, and a client and a peer of plain sockets, for live tests. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
	attributeOf,
	decodeStun,
	encodeChannelData,
	encodeStun,
	isDecodeError,
	longTermKey,
	type StunAddress,
	type StunFields,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import { build } from "esbuild";
import { createTurnLedger } from "../ledger.ts";
import type { TurnWorkerOrder, TurnWorkers } from "./worker-io.ts";
import { openTurnWorkers } from "./workers.ts";

export const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const USER = { username: "alice", password: "sesame", realm: "r" } as const;
const UNBOUNDED = { all: { perSecond: 1e9, burst: 1e9 }, perSource: { perSecond: 1e9, burst: 1e9 }, sources: 4096 };
const ANSWER_MS = 3000;

/** The worker as one file of JavaScript: threads of Node 20 run no TypeScript. */
export async function bundleWorker(): Promise<{ readonly url: URL; remove(): void }> {
	const folder = mkdtempSync(join(tmpdir(), "whither-"));
	const outfile = join(folder, "worker.mjs");
	await build({
		entryPoints: [fileURLToPath(new URL("data-path-worker.ts", import.meta.url))],
		bundle: true,
		platform: "node",
		format: "esm",
		conditions: ["source"],
		external: ["koffi"],
		outfile,
		logLevel: "error",
	});
	// node_modules as seen from here, so that koffi is found from there.
	const koffi = createRequire(import.meta.url).resolve("koffi");
	symlinkSync(koffi.replace(/node_modules\/.*$/, "node_modules"), join(folder, "node_modules"));
	return { url: pathToFileURL(outfile), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What a test says of its workers. */
export interface RelayWish {
	readonly family: 4 | 6;
	readonly count?: number;
	/** Listens on every address. */
	readonly wildcard?: boolean;
	readonly config?: Partial<TurnWorkerOrder["config"]>;
	readonly quotas?: { readonly perUser?: number; readonly total?: number };
}

/** Opens workers at a port that is free; throws where they cannot be opened. */
export async function openRelay(url: URL, wish: RelayWish): Promise<{ workers: TurnWorkers; server: StunAddress }> {
	const { family, count = 1, wildcard = false, config = {}, quotas = {} } = wish;
	const probe = await openUdp(family, wildcard ? (family === 4 ? "0.0.0.0" : "::") : LOOPBACK[family]);
	const { port } = probe.address();
	await closed(probe);
	const relayPorts = { first: 49_152, last: 65_535 };
	const order: TurnWorkerOrder = {
		config: {
			secret: new Uint8Array(32).fill(3),
			realm: USER.realm,
			users: { passwords: [USER] },
			relays: [{ address: LOOPBACK[family] }],
			relayPorts,
			peers: { allow: ["127.0.0.1/32", "::1/128"], relayPorts },
			answers: UNBOUNDED,
			unnamedFamily: "client",
			...config,
		},
		places: [{ transport: "udp", family, address: wildcard ? null : LOOPBACK[family], port }],
		binding: { classic: false, limits: UNBOUNDED },
		ledger: createTurnLedger(quotas, new Uint8Array(32)),
	};
	const workers = await openTurnWorkers(order, count, url);
	if ("error" in workers) throw new Error(JSON.stringify(workers));
	return { workers, server: { address: LOOPBACK[family], port } };
}

/** A socket with room for what a test sends at once. */
export async function openUdp(family: 4 | 6, address: string): Promise<Socket> {
	const socket = createSocket({
		type: family === 4 ? "udp4" : "udp6",
		recvBufferSize: 4 << 20,
		sendBufferSize: 4 << 20,
	});
	socket.bind(0, address);
	await once(socket, "listening");
	return socket;
}

export async function closed(socket: Socket): Promise<void> {
	await new Promise<void>((resolve) => socket.close(resolve));
}

/** Datagrams of a socket in their order. */
export class Heard {
	readonly socket: Socket;
	readonly #waiting: {
		readonly wanted: (bytes: Uint8Array) => boolean;
		readonly resolve: (bytes: Uint8Array) => void;
	}[] = [];
	readonly #unheard: Uint8Array[] = [];
	lastFrom: StunAddress = { address: "", port: 0 };

	constructor(socket: Socket) {
		this.socket = socket;
		socket.on("message", (bytes, { address, port }) => {
			this.lastFrom = { address, port };
			const index = this.#waiting.findIndex(({ wanted }) => wanted(bytes));
			if (index < 0) this.#unheard.push(bytes);
			else this.#waiting.splice(index, 1)[0]?.resolve(bytes);
		});
	}

	/** The next that is wanted, or one of those that nobody has wanted yet. */
	next(wanted: (bytes: Uint8Array) => boolean = () => true): Promise<Uint8Array> {
		const index = this.#unheard.findIndex(wanted);
		if (index >= 0) return Promise.resolve(this.#unheard.splice(index, 1)[0] as Uint8Array);
		return new Promise((resolve, reject) => {
			const late = setTimeout(() => reject(new Error("nothing came")), ANSWER_MS);
			const done = (bytes: Uint8Array) => {
				clearTimeout(late);
				resolve(bytes);
			};
			this.#waiting.push({ wanted, resolve: done });
		});
	}

	async many(count: number): Promise<readonly Uint8Array[]> {
		const all: Uint8Array[] = [];
		while (all.length < count) all.push(await this.next());
		return all;
	}

	send(to: StunAddress, bytes: Uint8Array): void {
		this.socket.send(bytes, to.port, to.address);
	}
}

let ids = 0;

/** A client of one socket. */
export class LiveClient {
	readonly heard: Heard;
	readonly #server: StunAddress;
	readonly #key = longTermKey({ ...USER, algorithm: "md5" });
	#nonce = "";

	constructor(socket: Socket, server: StunAddress) {
		this.heard = new Heard(socket);
		this.#server = server;
	}

	static async open(server: StunAddress, address = server.address): Promise<LiveClient> {
		return new LiveClient(await openUdp(address.includes(":") ? 6 : 4, address), server);
	}

	/** The answer to a request, signed once there is a nonce. */
	async ask(method: StunFields["method"], attributes: readonly StunItem[] = []): Promise<StunMessage> {
		const transactionId = new Uint8Array(12);
		new DataView(transactionId.buffer).setUint32(8, ++ids);
		const signature: readonly StunItem[] = [
			{ name: "username", value: USER.username },
			{ name: "realm", value: USER.realm },
			{ name: "nonce", value: this.#nonce },
			{ name: "messageIntegrity", key: this.#key },
		];
		const items = [...attributes, ...(this.#nonce === "" ? [] : signature)];
		this.raw(encodeStun({ class: "request", method, transactionId, attributes: items }));
		const bytes = await this.heard.next(
			(one) => (one[0] ?? 0) < 2 && Buffer.compare(one.subarray(8, 20), transactionId) === 0,
		);
		const answer = messageOf(bytes);
		const nonce = attributeOf(answer, "nonce");
		if (answer.class !== "error" || nonce === undefined || nonce === this.#nonce) return answer;
		this.#nonce = nonce;
		return this.ask(method, attributes);
	}

	/** Its relayed address. */
	async allocate(...more: readonly StunItem[]): Promise<StunAddress> {
		const answer = await this.ask("allocate", [{ name: "requestedTransport", value: 17 }, ...more]);
		const relayed = attributeOf(answer, "xorRelayedAddress");
		if (relayed === undefined) throw new Error(`not allocated: ${attributeOf(answer, "errorCode")?.code}`);
		return relayed;
	}

	async bind(number: number, value: StunAddress): Promise<void> {
		const items: readonly StunItem[] = [
			{ name: "channelNumber", value: number },
			{ name: "xorPeerAddress", value },
		];
		const answer = await this.ask("channelBind", items);
		if (answer.class !== "success") throw new Error(`not bound: ${attributeOf(answer, "errorCode")?.code}`);
	}

	onChannel(channel: number, data: Uint8Array): void {
		this.raw(encodeChannelData({ channel, data }, "datagram"));
	}

	indicate(attributes: readonly StunItem[]): void {
		this.raw(encodeStun({ class: "indication", method: "send", transactionId: new Uint8Array(12), attributes }));
	}

	raw(bytes: Uint8Array): void {
		this.heard.send(this.#server, bytes);
	}

	async indication(): Promise<StunMessage> {
		return messageOf(await this.heard.next((bytes) => (bytes[0] ?? 0xff) < 2 && ((bytes[1] ?? 0) & 0x10) !== 0));
	}
}

export function messageOf(bytes: Uint8Array): StunMessage {
	const message = decodeStun(bytes.slice());
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}
