/** User agents of ours at the loopback, for tests with others' programs. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { SipBody, SipEvent } from "./agent/agent-io.ts";
import { openSip } from "./open-sip.ts";
import type { SipOrder, SipUser } from "./sip-io.ts";

/** Where everybody is. */
export const HERE = "127.0.0.1";

/** A description that fits everywhere. */
export const OFFER: SipBody = {
	type: "application/sdp",
	text: ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0", ""].join(
		"\r\n",
	),
};

/** What one of ours does about an event. */
export type React = (user: SipUser, event: SipEvent) => void;

type Told<Kind extends SipEvent["kind"]> = Extract<SipEvent, { readonly kind: Kind }>;

/** One of ours, with what it has told. */
export interface Ours {
	readonly user: SipUser;
	readonly events: SipEvent[];
	/** The first event of that kind that nobody has taken yet, now or later. */
	next<Kind extends SipEvent["kind"]>(kind: Kind): Promise<Told<Kind>>;
	/** All messages, for a failed test. */
	said(): string;
}

const open: Ours[] = [];

/** Closes all; for `afterEach`. */
export async function closeOurs(): Promise<void> {
	await Promise.all(open.splice(0).map(({ user }) => user.close()));
}

/** Opens one, on UDP and TCP unless it is told otherwise. */
export async function openOurs(order: Partial<SipOrder> = {}, react: React = () => {}): Promise<Ours> {
	const [events, lines] = [[] as SipEvent[], [] as string[]];
	const taken = new Set<SipEvent>();
	const waiting = new Set<() => void>();
	const user = await openSip(
		{
			account: { address: `sip:bob@${HERE}` },
			product: "whither test",
			places: (["udp", "tcp"] as const).map((transport) => ({ transport, address: HERE, port: 0 })),
			...order,
		},
		{
			event: (event) => {
				events.push(event);
				react(ours.user, event);
				for (const look of [...waiting]) look();
			},
			message: ({ direction, bytes }) => lines.push(`${direction}\n${new TextDecoder().decode(bytes)}`),
			ignored: (reason) => lines.push(`ignored: ${reason}`),
			failed: ({ address, port }, why) => lines.push(`failed: ${address}:${port} ${why}`),
		},
	);
	if ("code" in user) throw new Error(JSON.stringify(user));
	const next = <Kind extends SipEvent["kind"]>(kind: Kind): Promise<Told<Kind>> =>
		new Promise((resolve) => {
			const look = (): void => {
				const event = events.find((one): one is Told<Kind> => one.kind === kind && !taken.has(one));
				if (event === undefined) return;
				taken.add(event);
				waiting.delete(look);
				resolve(event);
			};
			waiting.add(look);
			look();
		});
	const ours: Ours = { user, events, next, said: () => lines.join("\n") };
	open.push(ours);
	return ours;
}

/** A port of UDP and TCP that nobody has, as it seems. */
export async function freePort(): Promise<number> {
	for (;;) {
		const socket = createSocket("udp4");
		socket.bind(0, HERE);
		await once(socket, "listening");
		const { port } = socket.address();
		const isFree = await isFreeOfTcp(port);
		socket.close();
		await once(socket, "close");
		if (isFree) return port;
	}
}

function isFreeOfTcp(port: number): Promise<boolean> {
	const server = createServer();
	return new Promise((resolve) => {
		server.once("error", () => resolve(false));
		server.listen(port, HERE, () => server.close(() => resolve(true)));
	});
}
