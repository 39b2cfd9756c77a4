/** A first connection is slow, for its code is loaded and compiled meanwhile: here it is made once in advance. */
import { IcePacer, TurnClient } from "@whither/core";
import { encodeStun } from "@whither/wire";
import type { IceConnection, IceConnectionEvent, IceListener, IceOrder } from "./ice-io.ts";
import { IceRun } from "./ice-run.ts";
import { thisMachine } from "./surroundings.ts";

/** A rehearsal that has not ended by then is given up. */
const LIMIT_MS = 1000;

const REHEARSED: Omit<IceOrder, "role"> = {
	loopback: true,
	allowInterface: ({ kind }) => kind === "loopback",
	pacingMs: 5,
	mdns: "off",
	watch: false,
};

/**
 * Loads what `openIce` needs and lets two connections meet over the loopback, once in this process, so that the first
 * meeting does not have to wait for that. Resolves when they are closed; where there is no loopback, a second later. Nothing of it leaves
 * this machine, and it shares no pace with connections that count.
 */
export function prepareIce(): Promise<void> {
	prepared ??= rehearse();
	return prepared;
}

let prepared: Promise<void> | null = null;

async function rehearse(): Promise<void> {
	const machine = { ...thisMachine(), pacer: new IcePacer() };
	rehearseRelay(machine.drawSecret());
	const ends: IceConnection[] = [];
	await new Promise<void>((resolve) => {
		// Nobody is kept from ending by it.
		const limit = setTimeout(resolve, LIMIT_MS).unref();
		let settled = 0;
		const listener = (other: () => IceConnection | undefined): IceListener => ({
			event: (event) => {
				tell(event, other());
				if (event.kind !== "selected" || ++settled < 2) return;
				clearTimeout(limit);
				resolve();
			},
			data: () => {},
		});
		for (const role of ["controlling", "controlled"] as const) {
			const other = () => ends[role === "controlling" ? 1 : 0];
			ends.push(new IceRun({ ...REHEARSED, role }, listener(other), machine));
		}
		const [a, b] = ends;
		if (a !== undefined && b !== undefined) {
			a.peer(b.own);
			b.peer(a.own);
		}
	});
	await Promise.all(ends.map((end) => end.close()));
}

function tell(event: IceConnectionEvent, other: IceConnection | undefined): void {
	if (event.kind === "candidate") other?.addRemote([{ stream: event.stream, line: event.line }]);
	else if (event.kind === "gathered") other?.endOfRemote();
}

/** Runs a TURN client up to its signed request; nothing is sent. */
function rehearseRelay(secret: Uint8Array): void {
	const server = { address: "192.0.2.1", port: 3478 };
	const credentials = { kind: "longTerm", username: "nobody", password: "nothing" } as const;
	const client = new TurnClient({ secret, server, credentials, allocation: { family: "both" } });
	for (const output of client.step({ type: "allocate" }, 0)) {
		if (output.type !== "send") continue;
		const challenge = encodeStun({
			class: "error",
			method: "allocate",
			transactionId: output.bytes.slice(8, 20),
			attributes: [
				{ name: "errorCode", value: { code: 401, reason: "" } },
				{ name: "realm", value: "nowhere" },
				{ name: "nonce", value: "never" },
			],
		});
		client.step({ type: "received", bytes: challenge, from: server }, 1);
	}
}
