import { formatIpv4, formatIpv6, requireAddress } from "../address.ts";
import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type ItemFormat, type ItemOf, type ItemRow, itemCodec } from "../item-list.ts";
import { encodeVarint, readVarint, readWideVarint } from "./varint.ts";

/** A parameter that is one varint: a bigint only beyond 2^53 - 1. */
function integerParameter(type: number, meaning: string): ItemRow<number | bigint> {
	return {
		type,
		meaning,
		decode(bytes) {
			const reader = new ByteReader(bytes);
			const value = readWideVarint(reader);
			return reader.error === null && reader.remaining === 0 ? value : null;
		},
		encode: (value) => encodeVarint(value),
	};
}

function bytesParameter(type: number, meaning: string, minimum = 0, maximum = 0xffff): ItemRow<Uint8Array> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length >= minimum && bytes.length <= maximum ? bytes : null),
		encode(value) {
			if (value.length < minimum || value.length > maximum)
				throw new RangeError(`${meaning}: ${minimum} to ${maximum} bytes, not ${value.length}`);
			return value;
		},
	};
}

/** A parameter that is only there or not; its value is `true`. */
function flagParameter(type: number, meaning: string): ItemRow<true> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === 0 ? true : null),
		encode: () => new Uint8Array(0),
	};
}

/** RFC 9000 §18.2: where the client may go after the handshake. */
export interface QuicPreferredAddress {
	readonly ipv4: { readonly address: string; readonly port: number };
	readonly ipv6: { readonly address: string; readonly port: number };
	readonly connectionId: Uint8Array;
	/** 16 bytes. */
	readonly statelessResetToken: Uint8Array;
}

const PREFERRED_ADDRESS: ItemRow<QuicPreferredAddress> = {
	type: 0x0d,
	meaning: "preferred_address",
	decode(bytes) {
		const reader = new ByteReader(bytes);
		const ipv4 = reader.bytes(4);
		const port4 = reader.uint16();
		const ipv6 = reader.bytes(16);
		const port6 = reader.uint16();
		const connectionId = reader.bytes(reader.uint8());
		const statelessResetToken = reader.bytes(16);
		if (reader.error !== null || reader.remaining > 0) return null;
		return {
			ipv4: { address: formatIpv4(ipv4, 0), port: port4 },
			ipv6: { address: formatIpv6(ipv6, 0), port: port6 },
			connectionId,
			statelessResetToken,
		};
	},
	encode({ ipv4, ipv6, connectionId, statelessResetToken }) {
		if (statelessResetToken.length !== 16) throw new RangeError("a stateless reset token has 16 bytes");
		return concatBytes([
			requireAddress(ipv4.address, 4),
			encodeUint("port", ipv4.port, 2),
			requireAddress(ipv6.address, 6),
			encodeUint("port", ipv6.port, 2),
			encodeUint("connection ID length", connectionId.length, 1),
			connectionId,
			statelessResetToken,
		]);
	},
};

/** RFC 9368 §3: the version in use and those that the sender would rather have, best first. */
const VERSION_INFORMATION: ItemRow<{ readonly chosen: number; readonly available: readonly number[] }> = {
	type: 0x11,
	meaning: "version_information",
	decode(bytes) {
		if (bytes.length < 4 || bytes.length % 4 !== 0) return null;
		const reader = new ByteReader(bytes);
		const chosen = reader.uint32();
		const available: number[] = [];
		while (reader.remaining > 0) available.push(reader.uint32());
		return { chosen, available };
	},
	encode: ({ chosen, available }) =>
		concatBytes([chosen, ...available].map((version) => encodeUint("version", version, 4))),
};

/** Every transport parameter of RFC 9000 §18.2, RFC 9368 §3, RFC 9221 §3 and RFC 9287 §3, one row each. */
export const QUIC_TRANSPORT_PARAMETERS = {
	originalDestinationConnectionId: bytesParameter(0x00, "original_destination_connection_id", 0, 20),
	/** In milliseconds. */
	maxIdleTimeout: integerParameter(0x01, "max_idle_timeout"),
	statelessResetToken: bytesParameter(0x02, "stateless_reset_token", 16, 16),
	/** In bytes. */
	maxUdpPayloadSize: integerParameter(0x03, "max_udp_payload_size"),
	initialMaxData: integerParameter(0x04, "initial_max_data"),
	initialMaxStreamDataBidiLocal: integerParameter(0x05, "initial_max_stream_data_bidi_local"),
	initialMaxStreamDataBidiRemote: integerParameter(0x06, "initial_max_stream_data_bidi_remote"),
	initialMaxStreamDataUni: integerParameter(0x07, "initial_max_stream_data_uni"),
	initialMaxStreamsBidi: integerParameter(0x08, "initial_max_streams_bidi"),
	initialMaxStreamsUni: integerParameter(0x09, "initial_max_streams_uni"),
	ackDelayExponent: integerParameter(0x0a, "ack_delay_exponent"),
	/** In milliseconds. */
	maxAckDelay: integerParameter(0x0b, "max_ack_delay"),
	disableActiveMigration: flagParameter(0x0c, "disable_active_migration"),
	preferredAddress: PREFERRED_ADDRESS,
	activeConnectionIdLimit: integerParameter(0x0e, "active_connection_id_limit"),
	initialSourceConnectionId: bytesParameter(0x0f, "initial_source_connection_id", 0, 20),
	retrySourceConnectionId: bytesParameter(0x10, "retry_source_connection_id", 0, 20),
	versionInformation: VERSION_INFORMATION,
	maxDatagramFrameSize: integerParameter(0x20, "max_datagram_frame_size"),
	greaseQuicBit: flagParameter(0x2ab2, "grease_quic_bit"),
} as const;

/** One transport parameter as a value; its type follows from its row in `QUIC_TRANSPORT_PARAMETERS`. */
export type QuicTransportParameter = ItemOf<typeof QUIC_TRANSPORT_PARAMETERS>;

/** Id, length and value, the first two varints (RFC 9000 §18). */
const FORMAT: ItemFormat = {
	readHead: (reader) => ({ type: readVarint(reader), length: readVarint(reader) }),
	writeHead: (item, length) => concatBytes([encodeVarint(item.type), encodeVarint(length)]),
	alignment: 1,
	padLast: false,
};

const CODEC = itemCodec(QUIC_TRANSPORT_PARAMETERS, FORMAT);

/** The parameters of a quic_transport_parameters extension; always ends, and keeps what it does not know. */
export function decodeQuicTransportParameters(bytes: Uint8Array): readonly QuicTransportParameter[] {
	return CODEC.decode(bytes);
}

/** Parameters as bytes; throws RangeError. */
export function encodeQuicTransportParameters(parameters: readonly QuicTransportParameter[]): Uint8Array {
	return CODEC.encode(parameters);
}

/** A parameter to send, with its id filled in from the table. */
export function quicTransportParameter<Name extends keyof typeof QUIC_TRANSPORT_PARAMETERS>(
	name: Name,
	value: Extract<QuicTransportParameter, { readonly name: Name }>["value"],
): QuicTransportParameter {
	return { name, type: QUIC_TRANSPORT_PARAMETERS[name].type, value } as QuicTransportParameter;
}
