/** How a rendezvous server is asked, whatever HTTP there is: Node's, or a browser's. Pure. */
import type { SealPort } from "./sealed-channel.ts";
import type { SignallingFailure } from "./signalling.ts";

/** A server and how it is spoken to. */
export interface HttpPlace {
	/** `http:` or `https:`; its path stands before those that are asked for. */
	readonly url: URL;
	readonly token?: string | undefined;
	/** PEM. */
	readonly authorities?: string | undefined;
}

/** What a server said. */
export interface HttpAnswer {
	readonly status: number;
	/** Parsed, or null where it is no JSON. */
	readonly json: unknown;
	readonly retryAfterSeconds: number | null;
}

/** Why there is no answer. */
export type HttpFailure = Extract<
	SignallingFailure,
	{ code: "nameNotFound" | "unreachable" | "tls" | "notRendezvous" }
>;

/** One server. */
export interface RendezvousHttp {
	/** Posts JSON to a path. */
	post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer | HttpFailure>;
	/**
	 * Reads a stream until it ends (null), fails, or is aborted; an answer that is no stream comes back as such. `heard`
	 * gets text as it comes, and ends the reading by false.
	 */
	stream(
		path: string,
		headers: Readonly<Record<string, string>>,
		abort: AbortSignal,
		heard: (text: string) => boolean,
	): Promise<HttpAnswer | HttpFailure | null>;
	/** Ends connections. */
	close(): void;
}

/** What a rendezvous is opened with. */
export interface RendezvousPorts {
	readonly http: (place: HttpPlace) => RendezvousHttp;
	readonly aead: SealPort;
	/** So many random bytes. */
	readonly random: (length: number) => Uint8Array;
}
