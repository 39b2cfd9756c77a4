export { addressFamily, formatAddress, parseAddress } from "./address.ts";
export { internetChecksum, transportChecksum } from "./checksum.ts";
export { type DecodeError, isDecodeError } from "./error.ts";
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
export { IP_HEADER_LENGTH, IP_PROTOCOL } from "./protocol.ts";
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
export { transportHeaderLength } from "./transport-header.ts";
export { decodeUdp, encodeUdp, UDP_HEADER_LENGTH, type UdpDatagram, type UdpFields, type UdpHeader } from "./udp.ts";
