/** The browser connects to the server itself: offer and answer, candidates, and what the server tells meanwhile. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { IceAnswer } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { ask, type Problem } from "../api/client.ts";
import { followSessions } from "../api/follow.ts";
import { hear, type OtherEnd, SILENT } from "../model/other-end.ts";
import { type WatchedConnection, watchConnection } from "./connection.ts";

/** One under way. */
export interface Visit {
	readonly connection: WatchedConnection;
	readonly server: ReadonlySignal<OtherEnd>;
	/** Of the session; null: there is none yet. */
	readonly id: ReadonlySignal<string | null>;
	/** Why it did not come about; null: it may still. */
	readonly problem: ReadonlySignal<Problem | null>;
	/** The server writes no more. */
	readonly ended: ReadonlySignal<boolean>;
	close(): void;
}

/** Begins one. */
export function visitServer(servers: RTCIceServer[]): Visit {
	const id = signal<string | null>(null);
	const problem = signal<Problem | null>(null);
	const ended = signal(false);
	const server = signal<OtherEnd>(SILENT);
	const early: (string | null)[] = [];
	let unfollow = (): void => {};
	const trickle = (line: string | null) => {
		if (id.value === null) early.push(line);
		else void ask("POST", `/ice/${id.value}/candidates`, { candidates: line === null ? [] : [line] });
	};
	const connection = watchConnection({ iceServers: servers }, trickle);
	const close = () => {
		unfollow();
		connection.close();
	};
	const begin = async () => {
		connection.peer.createDataChannel("whither");
		await connection.peer.setLocalDescription();
		const sdp = connection.peer.localDescription?.sdp ?? "";
		const askedAt = connection.now();
		const outcome = await ask<IceAnswer>("POST", "/ice", { sdp });
		if (!outcome.ok) {
			problem.value = outcome.problem;
			close();
			return;
		}
		id.value = outcome.value.id;
		unfollow = followSessions(new Map([[outcome.value.id, -1]]), {
			news: ({ events, ended: isOver }) => {
				let next = server.value;
				for (const each of events) if (each.kind === "meet") next = hear(next, each.event, askedAt + each.atNs / 1e6);
				server.value = next;
				ended.value ||= isOver;
			},
			refused: (refusal) => {
				problem.value = refusal;
			},
		});
		await connection.peer.setRemoteDescription({ type: "answer", sdp: outcome.value.sdp });
		for (const line of early.splice(0)) trickle(line);
	};
	begin().catch((error: unknown) => {
		problem.value = { code: "failed", message: `The browser says: ${String(error)}`, retryAfterSeconds: null };
		close();
	});
	return { connection, server, id, problem, ended, close };
}
