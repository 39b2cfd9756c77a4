/** A connection in a process of its own, told what to do line by line, for live tests. Not part of the package's interface. */
import { createInterface } from "node:readline";
import type { IceAgentWithoutIce, IceOwnDescription, IcePeer, IceRemoteLine } from "@whither/core";
import type { IceConnectionEvent, IceDatagram, IceOrder } from "../ice/ice-io.ts";
import { openIce } from "../ice/open-ice.ts";

/** What the parent says. */
export type IceChildInput =
	| { readonly peer: IcePeer }
	| { readonly candidates: readonly IceRemoteLine[] }
	| { readonly end: true }
	| { readonly withoutIce: IceAgentWithoutIce }
	| { readonly send: string }
	| { readonly restart: true };

/** What the child says; `own` as it is then. */
export type IceChildOutput = { readonly own: IceOwnDescription } & (
	| { readonly event: IceConnectionEvent }
	| { readonly datagram: Omit<IceDatagram, "bytes"> & { readonly text: string } }
	| { readonly begun: true }
);

/** Runs one until its input ends. */
export async function runIceChild(order: IceOrder): Promise<void> {
	const print = (news: object) => process.stdout.write(`${JSON.stringify({ own: connection.own, ...news })}\n`);
	const connection = openIce(order, {
		event: (event) => print({ event }),
		data: ({ bytes, ...rest }) => print({ datagram: { ...rest, text: new TextDecoder().decode(bytes) } }),
	});
	print({ begun: true });
	for await (const line of createInterface({ input: process.stdin })) {
		const input = JSON.parse(line) as IceChildInput;
		if ("peer" in input) connection.peer(input.peer);
		else if ("candidates" in input) connection.addRemote(input.candidates);
		else if ("send" in input) connection.send(new TextEncoder().encode(input.send));
		else if ("withoutIce" in input) connection.withoutIce(input.withoutIce);
		else if ("restart" in input) connection.restart();
		else connection.endOfRemote();
	}
	await connection.close();
}
