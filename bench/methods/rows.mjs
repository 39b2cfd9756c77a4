// What is compared: each method as Whither, Debian's traceroute and Pietrasanta's are told to use it.

const HTTPS_PORT = "443";

/**
 * `server`: what must listen at the target. `limit`: the goal, in round trips to the target.
 * `mtu`: needs the path with two narrow links.
 */
export const ROWS = [
	{ method: "udp", traceroute: null, pietrasanta: ["-M", "udpinsession"] },
	{ method: "udp-classic", traceroute: [], pietrasanta: [] },
	{ method: "udp-port", traceroute: ["-U"], pietrasanta: ["-U"] },
	{ method: "udplite", traceroute: ["-UL"], pietrasanta: ["-UL"] },
	{ method: "icmp", traceroute: ["-I"], pietrasanta: ["-I"] },
	{ method: "tcp", traceroute: ["-T", "-p", HTTPS_PORT], pietrasanta: ["-T", "-p", HTTPS_PORT], server: "tcp" },
	{ method: "tcpconnect", traceroute: ["-M", "tcpconn", "-p", HTTPS_PORT], pietrasanta: null, server: "tcp" },
	{
		method: "tcpinsession",
		limit: 2.2,
		traceroute: null,
		pietrasanta: ["--tcpinsession", "-p", HTTPS_PORT],
		server: "tcp",
	},
	{ method: "quic", limit: 1.2, traceroute: null, pietrasanta: ["--quic"], server: "quic" },
	{
		method: "dns",
		args: ["-O", "domain=example.test"],
		traceroute: null,
		pietrasanta: ["-M", "dns", "-O", "domain=example.test"],
		server: "dns",
	},
	{ method: "stun", limit: 1.1, traceroute: null, pietrasanta: null, server: "stun" },
	{ method: "dccp", traceroute: ["-D"], pietrasanta: ["-D"] },
	{ method: "sctp", traceroute: null, pietrasanta: null },
	{ method: "raw", traceroute: ["-P", "253"], pietrasanta: null },
	{
		method: "udp",
		name: "udp --mtu",
		args: ["--mtu"],
		limit: 4,
		traceroute: ["--mtu"],
		pietrasanta: ["--mtu"],
		mtu: true,
	},
	{
		method: "icmp",
		name: "icmp --mtu",
		args: ["--mtu"],
		limit: 4,
		traceroute: ["-I", "--mtu"],
		pietrasanta: ["-I", "--mtu"],
		mtu: true,
	},
	{
		method: "tcp",
		name: "tcp --mtu",
		args: ["--mtu"],
		limit: 4,
		traceroute: null,
		pietrasanta: ["-T", "-p", HTTPS_PORT, "--mtu"],
		server: "tcp",
		mtu: true,
	},
	{
		method: "quic",
		name: "quic --mtu",
		args: ["--mtu"],
		limit: 4,
		traceroute: null,
		pietrasanta: ["--quic", "--mtu"],
		server: "quic",
		mtu: true,
	},
	{
		method: "tcpinsession",
		name: "tcpinsession --mtu",
		args: ["--mtu"],
		limit: 5,
		traceroute: null,
		pietrasanta: ["--tcpinsession", "-p", HTTPS_PORT, "--mtu"],
		server: "tcp",
		mtu: true,
	},
];

/** A row's name: the method's, unless it is a variant. */
export const nameOf = (row) => row.name ?? row.method;
