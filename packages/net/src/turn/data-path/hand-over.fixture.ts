/**
 * A session that travels through addresses of this machine, each of which may be another worker's: a function of its own, so
 * that it can also run as a program in a network namespace that has such addresses.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { RelayTalk } from "../../testing/relay-talk.ts";
import { openTestService } from "../../testing/turn-service.ts";
import type { TurnService } from "../service-io.ts";
import { LOOPBACK } from "./live-relay.fixture.ts";

/** Where it goes. */
export interface Journey {
	readonly family: 4 | 6;
	readonly sources: readonly string[];
	/** The server listens on every address. */
	readonly wildcard: boolean;
	/** The file that workers run. */
	readonly worker: string;
}

/** How it was at one of the addresses. */
export interface Stop {
	/** What came back from the peer there: the address of our end, and the bytes. */
	readonly from: string | undefined;
	readonly echoes: readonly number[];
	/** The relayed address, as the peer sees it. */
	readonly relayed: string;
	readonly allocations: readonly number[];
	readonly elsewhere: readonly number[];
	readonly guests: readonly number[];
	readonly handedOver: number;
}

/** What became of it: once closed, all has to be gone. */
export interface Journal {
	readonly stops: readonly Stop[];
	readonly confirmed: boolean;
	readonly left: Pick<Stop, "allocations" | "elsewhere" | "guests">;
	readonly refusals: Readonly<Record<string, number>>;
	readonly dropped: Readonly<Record<string, number>>;
}

const ECHOES = 20;
/** Looks at counters until what workers have told each other has come. */
const MOST_LOOKS = 100;

/** Goes to each of the addresses in turn, and there and back to a peer a few times; then closes. */
export async function travel({ family, sources, wildcard, worker }: Journey): Promise<Journal> {
	const address = wildcard ? null : LOOPBACK[family];
	const server = await openTestService({
		workers: 2,
		workerUrl: new URL(worker),
		places: [{ transport: "udp", family, address, port: 0 }],
		relays: [{ address: LOOPBACK[family] }],
	});
	const peer = createSocket(`udp${family}`);
	peer.bind(0, LOOPBACK[family]);
	await once(peer, "listening");
	let relayed = "";
	peer.on("message", (bytes, { address: one, port }) => {
		relayed = `${one} ${port}`;
		peer.send(bytes, port, one);
	});
	const { service } = server;
	const [source = null, ...others] = sources;
	const allocation = { mobility: true, family };
	const talk = new RelayTalk(server.order("udp", family, { source, allocation }));
	const there = { address: LOOPBACK[family], port: peer.address().port };
	const stops: Stop[] = [];
	const rest = async () => {
		const heard = talk.data.length;
		for (let index = 0; index < ECHOES; index++) {
			talk.relay.send(there, Uint8Array.of(stops.length, index));
			await talk.heard(heard + index);
		}
		const echoes = talk.data.slice(heard).map(({ bytes }) => bytes[1] ?? -1);
		stops.push({ from: talk.relay.local?.address, echoes, relayed, ...(await tablesOf(service)) });
	};
	try {
		await talk.told("allocated");
		talk.relay.bind(there);
		await talk.told("bound");
		await rest();
		for (const [index, next] of others.entries()) {
			talk.relay.move(next);
			await talk.told("moved", index);
			await rest();
		}
		talk.relay.close();
		const { confirmed } = await talk.told("closed");
		const left = await settled(service);
		const { server: machine, workers } = await service.counters();
		const dropped = Object.assign({}, ...workers.map(({ dataPath }) => dataPath.dropped));
		return { stops, confirmed, left, refusals: { ...machine.refusals }, dropped };
	} finally {
		talk.abandon();
		peer.close();
		await service.close();
	}
}

async function tablesOf(service: TurnService) {
	const { workers } = await service.counters();
	return {
		allocations: workers.map(({ allocations }) => allocations),
		elsewhere: workers.map(({ dataPath }) => dataPath.elsewhere),
		guests: workers.map(({ dataPath }) => dataPath.guests),
		handedOver: workers.reduce((sum, { dataPath }) => sum + dataPath.handedOver, 0),
	};
}

async function settled(service: TurnService) {
	for (let look = 0; ; look++) {
		const { allocations, elsewhere, guests } = await tablesOf(service);
		const isEmpty = [...allocations, ...elsewhere, ...guests].every((size) => size === 0);
		if (isEmpty || look === MOST_LOOKS) return { allocations, elsewhere, guests };
	}
}
