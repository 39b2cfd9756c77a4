export {
	addressFamily,
	formatAddress,
	formatEndpoint,
	holderOf,
	isOneNetwork,
	isSameEndpoint,
	parseAddress,
} from "./address.ts";
export { formatBase64 } from "./base-n.ts";
export { concatBytes, equalBytes } from "./bytes.ts";
export { internetChecksum, transportChecksum } from "./checksum.ts";
export type { CryptoPort } from "./crypto.ts";
export {
	DCCP_RESET_CODES,
	DCCP_TYPES,
	type DccpFields,
	type DccpHeader,
	type DccpPacket,
	decodeDccp,
	encodeDccp,
} from "./dccp.ts";
export { crc32 } from "./digest/crc32.ts";
export { HmacKey, hmacSha1, hmacSha256 } from "./digest/hmac.ts";
export { md5 } from "./digest/md5.ts";
export { sha1 } from "./digest/sha1.ts";
export { sha256 } from "./digest/sha256.ts";
export { type DnsEdns, EDNS_OPTIONS, type EdnsOption } from "./dns/edns.ts";
export {
	type DnsFields,
	type DnsMessage,
	type DnsQueryFields,
	type DnsQuestion,
	type DnsRecord,
	decodeDns,
	encodeDns,
	encodeDnsQuery,
	formatDnsRecord,
} from "./dns/message.ts";
export {
	decodeMdns,
	encodeMdns,
	MDNS_GROUPS,
	MDNS_PORT,
	type MdnsFields,
	type MdnsMessage,
	type MdnsQuestion,
	type MdnsRecord,
} from "./dns/multicast.ts";
export { parseDnsName } from "./dns/name.ts";
export { DNS_RECORDS, type DnsData, dnsData, formatDnsData } from "./dns/records.ts";
export { DNS_SERVICE_PARAMETERS, type DnsServiceParameter } from "./dns/service-parameters.ts";
export {
	DNS_CLASSES,
	DNS_RCODES,
	DNS_TYPES,
	dnsClassName,
	dnsRcodeName,
	dnsTypeName,
	parseDnsType,
} from "./dns/types.ts";
export { type DecodeError, isDecodeError } from "./error.ts";
export { decodeFramedPacket, encodeFramedPacket, type FramedPacket } from "./framed-packet.ts";
export { formatHex } from "./hex.ts";
export {
	encodeIcmpEcho,
	encodeIcmpError,
	type IcmpAddresses,
	type IcmpEchoFields,
	type IcmpErrorFields,
} from "./icmp/encode.ts";
export { decodeExtensions, encodeExtensions } from "./icmp/extensions.ts";
export { ECHO_TYPES, ICMP_HEADER_LENGTH } from "./icmp/layout.ts";
export {
	decodeIcmp,
	type IcmpDecodeOptions,
	type IcmpEchoBody,
	type IcmpErrorBody,
	type IcmpMessage,
	type IcmpOtherBody,
} from "./icmp/message.ts";
export { icmpCodeName, icmpTypeName } from "./icmp/names.ts";
export type { InterfaceIdentification } from "./icmp/object-identification.ts";
export type { InterfaceRole } from "./icmp/object-interface.ts";
export type { MplsLabel } from "./icmp/object-mpls.ts";
export { EXTENSION_OBJECTS, type IcmpExtension, type IcmpExtensionFields, icmpExtension } from "./icmp/objects.ts";
export { decodeQuoted, type QuotedPacket } from "./icmp/quoted.ts";
export { packetChanges } from "./ip-changes.ts";
export {
	decodeIpv4,
	decodeIpv4Header,
	encodeIpv4,
	type Ipv4Fields,
	type Ipv4Header,
	type Ipv4Packet,
} from "./ipv4.ts";
export {
	decodeIpv4Options,
	encodeIpv4Options,
	IPV4_OPTIONS,
	type Ipv4Option,
	type Ipv4Route,
	type Ipv4Timestamps,
} from "./ipv4-options.ts";
export {
	decodeIpv6,
	decodeIpv6Header,
	encodeIpv6,
	type Ipv6Fields,
	type Ipv6Header,
	type Ipv6Packet,
} from "./ipv6.ts";
export { IPV6_EXTENSION_TYPES, type Ipv6ExtensionHeader, type Ipv6Fragment } from "./ipv6-extensions.ts";
export {
	decodePcapng,
	encodePcapngInterface,
	encodePcapngPacket,
	encodePcapngSection,
	LINKTYPE_RAW,
	type PcapngBlock,
	type PcapngFile,
	type PcapngPacketFields,
} from "./pcapng.ts";
export type { PcapngBody, PcapngOption } from "./pcapng-body.ts";
export { hasPorts, IP_HEADER_LENGTH, IP_PROTOCOL } from "./protocol.ts";
export { QUIC_ERRORS, quicErrorName } from "./quic/errors.ts";
export type { QuicAck, QuicAckEcn, QuicAckRange, QuicEcnCounts } from "./quic/frame-ack.ts";
export {
	decodeQuicFrames,
	encodeQuicFrames,
	joinQuicCrypto,
	QUIC_FRAMES,
	type QuicFrame,
	quicFrame,
} from "./quic/frames.ts";
export {
	decodeQuicPayload,
	encodeClientInitial,
	encodeQuicPacket,
	encodeServerInitial,
	QUIC_MINIMUM_INITIAL,
	type QuicInitialFields,
	type QuicOpenedPacket,
	type QuicPacketFields,
} from "./quic/initial.ts";
export { decodeQuicInvariant, type QuicDecodeOptions, type QuicInvariant } from "./quic/invariants.ts";
export { deriveInitialKeys, deriveSenderKeys, type QuicInitialKeys, type QuicKeys } from "./quic/keys.ts";
export {
	decodeQuicDatagram,
	decodeQuicPacket,
	type QuicDatagram,
	type QuicHandshakePacket,
	type QuicInitialPacket,
	type QuicPacket,
	type QuicRetryPacket,
	type QuicShortPacket,
	type QuicUnknownVersionPacket,
	type QuicVersionNegotiationPacket,
} from "./quic/packet.ts";
export {
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	type QuicRetryFields,
	verifyQuicRetry,
} from "./quic/retry.ts";
export { encodeStatelessReset, isStatelessReset, looksLikeStatelessReset } from "./quic/stateless-reset.ts";
export {
	decodeQuicTransportParameters,
	encodeQuicTransportParameters,
	QUIC_TRANSPORT_PARAMETERS,
	type QuicPreferredAddress,
	type QuicTransportParameter,
	quicTransportParameter,
} from "./quic/transport-parameters.ts";
export { decodeVarint, encodeVarint, type Varint } from "./quic/varint.ts";
export {
	isReservedQuicVersion,
	QUIC_V1,
	QUIC_V2,
	QUIC_VERSIONS,
	type QuicLongType,
	type QuicVersionRow,
	quicVersionName,
} from "./quic/version.ts";
export {
	decodeRtp,
	encodeRtp,
	type RtpExtension,
	type RtpFields,
	type RtpPacket,
} from "./rtp/packet.ts";
export { SCTP_CHUNKS, type SctpChunk, type SctpInit, sctpChunk } from "./sctp/chunks.ts";
export {
	decodeSctp,
	decodeSctpPrefix,
	encodeSctp,
	type SctpFields,
	type SctpHeader,
	type SctpPacket,
} from "./sctp/packet.ts";
export { SCTP_CAUSES, SCTP_PARAMETERS, type SctpCause, type SctpParameter } from "./sctp/parameters.ts";
export { formatSdpAlt, parseSdpAlt, type SdpAlt } from "./sdp/alt.ts";
export {
	formatSdpAttribute,
	parseSdpAttribute,
	SDP_ATTRIBUTES,
	type SdpAttribute,
	type SdpAttributeName,
	type SdpAttributeValue,
	type SdpFingerprint,
	type SdpGroup,
	type SdpRemoteCandidate,
	type SdpRtcp,
} from "./sdp/attributes.ts";
export {
	candidateExtension,
	formatIceCandidate,
	type IceCandidateExtension,
	type IceCandidateLine,
	type IceCandidateType,
	type IceTcpType,
	isCandidateName,
	parseIceCandidate,
} from "./sdp/candidate.ts";
export {
	formatSdp,
	parseSdp,
	type SdpDescription,
	type SdpLine,
	type SdpSection,
	sdpAttributes,
	sdpLine,
} from "./sdp/description.ts";
export {
	type IceDescription,
	type IceFragment,
	type IceFragmentStream,
	iceDescriptions,
	iceFragment,
	SDP_FRAGMENT_TYPE,
} from "./sdp/ice-description.ts";
export {
	formatSdpConnection,
	formatSdpMedia,
	parseSdpConnection,
	parseSdpMedia,
	type SdpMediaLine,
} from "./sdp/media-line.ts";
export {
	formatSdpDesired,
	formatSdpPrecondition,
	parseSdpDesired,
	parseSdpPrecondition,
	type SdpDesiredPrecondition,
	type SdpPrecondition,
	type SdpPreconditionDirection,
	type SdpPreconditionStatus,
	type SdpPreconditionStrength,
} from "./sdp/precondition.ts";
export {
	findSackBlock,
	isDuplicateSack,
	sequenceAdd,
	sequenceBefore,
	sequenceDifference,
	sequenceWithin,
} from "./sequence.ts";
export { encodeLooseSourceRoute, encodeSegmentRoutingHeader } from "./source-route.ts";
export type { StunAddress } from "./stun/attribute-row.ts";
export {
	isComprehensionRequired,
	isKnownAttribute,
	STUN_ATTRIBUTES,
	type StunAttribute,
	type StunAttributeName,
	type StunAttributeValue,
} from "./stun/attributes.ts";
export type { StunErrorCode, StunPasswordAlgorithm } from "./stun/attributes-base.ts";
export {
	NO_NETWORK_STATUS,
	type StunBandwidthUsage,
	type StunNetworkStatus,
	type StunStreamPriority,
	type StunStreamType,
} from "./stun/attributes-discuss.ts";
export { EARLY_TURN_COOKIE, isEarlyTurnControl, type TransportPreferences } from "./stun/attributes-early-turn.ts";
export { CHANNEL_NUMBERS, type ChannelData, decodeChannelData, encodeChannelData } from "./stun/channel-data.ts";
export { classifyPacket, type PacketClass } from "./stun/classify.ts";
export {
	longTermKey,
	opaqueString,
	type StunLongTermCredential,
	type StunPreparation,
	saslPrep,
	shortTermKey,
	userHash,
} from "./stun/credentials.ts";
export { encodeStun, type StunFields, type StunItem } from "./stun/encode.ts";
export { verifyFingerprint, verifyIntegrity, verifyIntegritySha256 } from "./stun/integrity.ts";
export {
	attributeOf,
	decodeStun,
	mappedAddressOf,
	type StunMessage,
	trailingAttributeOf,
	visitAttributes,
} from "./stun/message.ts";
export { networkStatusOf, type RouterStatus, rewriteNetworkStatus } from "./stun/network-status.ts";
export {
	encodeNonceFeatures,
	judgeChallenge,
	parseNonceFeatures,
	type StunChallenge,
	type StunSecurityFeatures,
} from "./stun/nonce.ts";
export { decodeStunFrame, type StunFrame } from "./stun/stream.ts";
export {
	STUN_CLASSES,
	STUN_COOKIE,
	STUN_ERRORS,
	STUN_HEADER_LENGTH,
	STUN_METHODS,
	type StunClass,
	type StunMethod,
} from "./stun/types.ts";
export {
	decodeTcp,
	decodeTcpPrefix,
	encodeTcp,
	TCP_FLAGS,
	TCP_HEADER_LENGTH,
	type TcpFields,
	type TcpHeader,
	type TcpPrefix,
	type TcpSegment,
} from "./tcp.ts";
export {
	decodeTcpOptions,
	encodeTcpOptions,
	type SackBlock,
	TCP_OPTIONS,
	type TcpOption,
	tcpOption,
} from "./tcp-options.ts";
export { TLS_ALERTS, tlsAlertName } from "./tls/alerts.ts";
export {
	type ClientHello,
	decodeClientHello,
	encodeClientHello,
	type QuicClientHelloFields,
	quicClientHello,
} from "./tls/client-hello.ts";
export {
	TLS_CIPHER_SUITES,
	TLS_GROUPS,
	TLS_HANDSHAKE,
	TLS_PSK_MODES,
	TLS_SIGNATURE_SCHEMES,
	TLS_VERSION,
} from "./tls/constants.ts";
export {
	CLIENT_HELLO_EXTENSIONS,
	type ClientHelloExtension,
	clientHelloExtension,
	SERVER_HELLO_EXTENSIONS,
	type ServerHelloExtension,
	type TlsKeyShare,
} from "./tls/extensions.ts";
export { decodeTlsHandshake, type TlsHandshakeMessage } from "./tls/handshake.ts";
export {
	decodeServerHello,
	encodeServerHello,
	HELLO_RETRY_REQUEST_RANDOM,
	isHelloRetryRequest,
	type ServerHello,
} from "./tls/server-hello.ts";
export { transportHeaderLength } from "./transport-header.ts";
export { decodeUdp, encodeUdp, UDP_HEADER_LENGTH, type UdpDatagram, type UdpFields, type UdpHeader } from "./udp.ts";
export {
	decodeUdpLite,
	encodeUdpLite,
	type UdpLiteDatagram,
	type UdpLiteFields,
	type UdpLiteHeader,
} from "./udplite.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
