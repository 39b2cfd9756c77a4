/** What a service of early relays is asked and what it says. */
import type {
	EarlyTurnCounters,
	EarlyTurnServerConfig,
	SharedSecretCounters,
	SharedSecretServerConfig,
	TurnUsers,
} from "@whither/core";
import type { MessageAnswerer } from "../../serving/message-answerer.ts";
import type { StunListening, StunPlace, StunServiceFailure } from "../../serving/places-io.ts";
import type { TurnDrain, TurnRelayPlace } from "../service-io.ts";

/** An address that relays are opened on, and all that leads to it. */
export interface EarlyRelayPlace extends TurnRelayPlace {
	/** Further addresses by which peers reach the same ports. */
	readonly alsoAt?: readonly string[];
}

/** A service to open. */
export interface EarlyRelayOrder extends Pick<SharedSecretServerConfig, "realm"> {
	/** UDP: requests, and data to and from peers. */
	readonly places: readonly StunPlace[];
	readonly relays: readonly EarlyRelayPlace[];
	/**
	 * Who gets a shared secret for a binding; of these, whoever has a time-limited credential (`restSecrets`) may use it for a
	 * binding as it is.
	 */
	readonly users: TurnUsers;
	readonly config: Pick<
		EarlyTurnServerConfig,
		"relayPorts" | "peers" | "lifetimes" | "quotas" | "maximumKbps" | "answers"
	>;
}

/** Running totals; `failed`: answers and data that the system did not take. */
export interface EarlyRelayCounters {
	readonly server: EarlyTurnCounters;
	readonly sharedSecrets: SharedSecretCounters;
	readonly failed: number;
}

/** A service under way. */
export interface EarlyRelayService {
	readonly listening: readonly StunListening[];
	/** Where relays are opened. */
	readonly relays: readonly string[];
	/** Gives shared secrets out, on whichever streams it is handed messages of. */
	readonly sharedSecrets: MessageAnswerer;
	/** These are the users from now on; bindings that there are go on. */
	users(users: TurnUsers): void;
	/** No more bindings; those there are go on, at most for so long. Resolves once there are none. */
	drain(order: TurnDrain): Promise<void>;
	counters(): EarlyRelayCounters;
	/** Ends all bindings and closes every socket. */
	close(): void;
}

/** Whether opening a service failed. */
export function isEarlyRelayFailure(value: EarlyRelayService | StunServiceFailure): value is StunServiceFailure {
	return "error" in value;
}
