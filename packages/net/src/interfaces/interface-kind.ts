/** What kind of network an interface leads to, from what is known of it, and what that costs. Pure. */

/** `container`: of a virtual machine's or container's network; `other`: nobody knows. */
export type InterfaceKind = "loopback" | "wired" | "wireless" | "cellular" | "vpn" | "container" | "other";

/** What is known of an interface. */
export interface InterfaceFacts {
	readonly name: string;
	readonly loopback: boolean;
	/** The driver's word for a virtual one (`bridge`, `wireguard`, ...); null: it is real, or the system does not say. */
	readonly driver: string | null;
	/** ARPHRD_...; null where the system does not say. */
	readonly hardware: number | null;
	/** The system knows it as a radio of IEEE 802.11. */
	readonly wireless: boolean;
}

/**
 * What each kind costs, 0 to 31: local preferences fall with it, whatever the family. A radio is worse than a wire, and one
 * that is paid for by the byte worse than both. What leads to containers reaches nobody else, and a VPN is the way that is
 * taken when there is no other: it is slower, often smaller, and sees all.
 */
export const INTERFACE_COSTS: Readonly<Record<InterfaceKind, number>> = {
	loopback: 0,
	wired: 0,
	wireless: 2,
	other: 4,
	cellular: 10,
	container: 20,
	vpn: 25,
};

/** Drivers' words (IFLA_INFO_KIND) that say enough by themselves. A veth may be either end, and a bridge anybody's. */
const DRIVERS: Readonly<Record<string, InterfaceKind>> = {
	tun: "vpn",
	wireguard: "vpn",
	ppp: "vpn",
	xfrm: "vpn",
	vti: "vpn",
	vti6: "vpn",
	ipip: "vpn",
	gre: "vpn",
	gretap: "vpn",
	sit: "vpn",
	ip6tnl: "vpn",
	ovpn: "vpn",
	rmnet: "cellular",
	wwan: "cellular",
	vxlan: "container",
	dummy: "container",
	vlan: "wired",
	bond: "wired",
	team: "wired",
};

/** ARPHRD_PPP, _TUNNEL, _TUNNEL6, _SIT, _IPGRE, _IP6GRE, _NONE (tun, WireGuard), _RAWIP (modems). */
const HARDWARE: Readonly<Record<number, InterfaceKind>> = {
	512: "vpn",
	768: "vpn",
	769: "vpn",
	776: "vpn",
	778: "vpn",
	823: "vpn",
	65534: "vpn",
	519: "cellular",
};

/**
 * By name, in this order: what Docker, Podman, libvirt, LXC, Kubernetes' networks and makers of virtual machines call their
 * own; VPNs; modems; radios; wires (systemd's predictable names, the kernel's, macOS's and Windows').
 */
const NAMES: readonly (readonly [RegExp, InterfaceKind])[] = [
	[/^(docker|podman|virbr|lxc|lxd|cni|flannel|cali|cilium|kube|veth|vmnet|vboxnet|vnet)/i, "container"],
	[/^(br-[0-9a-f]{12}|vEthernet|VMware|VirtualBox|bridge\d)/i, "container"],
	[/^(tun|tap|utun|wg|ppp|ipsec|tailscale|zt|nordlynx|proton|zerotier|gpd|cscotun)/i, "vpn"],
	[/^(wwan|rmnet|pdp_ip|ccmni|wwp|wwx|cellular)/i, "cellular"],
	[/^(wlan|wlp|wlo|wlx|wls|wifi|wi-fi|ath\d|awdl|llw|ra\d)/i, "wireless"],
	[/^(lo\d*$|loopback)/i, "loopback"],
	[/^(eth|en|em\d|usb\d|br\d|bond|team|local area connection|igb|ix\d|re\d|bge)/i, "wired"],
];

/** The kind of an interface: by what the system says, else by its name. */
export function interfaceKind({ name, loopback, driver, hardware, wireless }: InterfaceFacts): InterfaceKind {
	if (loopback) return "loopback";
	if (wireless) return "wireless";
	const byName = NAMES.find(([pattern]) => pattern.test(name))?.[1];
	// A tun device is a modem's or a container's only where its name says so.
	if (byName === "cellular" || byName === "container") return byName;
	const told = (driver === null ? undefined : DRIVERS[driver]) ?? (hardware === null ? undefined : HARDWARE[hardware]);
	if (told !== undefined) return told;
	// Ends of pairs, bridges and unknown Ethernet: like a wire, unless they are called otherwise.
	return byName ?? (hardware === ETHERNET ? "wired" : "other");
}

/** ARPHRD_ETHER. */
const ETHERNET = 1;
