/** How fast a link is, by its driver. */
import { isSystemError } from "../errors.ts";
import { ETHTOOL_GSET, SIOCETHTOOL, SOCK_DGRAM } from "../native/constants.ts";
import { openSocket } from "../native/socket.ts";
import { writeSize } from "../native/structs.ts";
import type { Workspace } from "../native/workspace.ts";

/** struct ifreq: name of IFNAMSIZ bytes, then a pointer to what the driver is asked (netdevice(7)). */
const NAME_BYTES = 16;
/** struct ethtool_cmd (include/uapi/linux/ethtool.h): command, then the speed in Mbit/s in two halves. */
const ETHTOOL = { at: 64, bytes: 44, speedLow: 12, speedHigh: 28 } as const;
/** SPEED_UNKNOWN. */
const UNKNOWN = 0xffffffff;

/**
 * Speed of a link in kbit/s; null where its driver does not say (TUN devices, links that are down). It is asked here and
 * not read from sysfs, which shows the network namespace that it was mounted in and not the one that we are in.
 */
export function linkSpeedKbps(workspace: Workspace, name: string): number | null {
	const { libc, scratch } = workspace;
	const fd = openSocket(workspace, { family: 4, type: SOCK_DGRAM, protocol: 0 });
	if (isSystemError(fd)) return null;
	const { bytes, view, address } = scratch;
	bytes.fill(0, 0, ETHTOOL.at + ETHTOOL.bytes);
	bytes.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES - 1));
	writeSize(view, NAME_BYTES, address + ETHTOOL.at);
	view.setUint32(ETHTOOL.at, ETHTOOL_GSET, true);
	const failed = libc.ioctl(fd, SIOCETHTOOL, address) !== 0;
	libc.close(fd);
	if (failed) return null;
	const speed =
		view.getUint16(ETHTOOL.at + ETHTOOL.speedHigh, true) * 0x10000 +
		view.getUint16(ETHTOOL.at + ETHTOOL.speedLow, true);
	return speed === 0 || speed === UNKNOWN ? null : speed * 1000;
}
