/**
 * Numbers of the Linux user-space ABI. They come from the kernel's include/uapi headers named at each group and are
 * the same on x86_64 and arm64 (both use the asm-generic values for everything below).
 */

/** include/linux/socket.h, asm-generic/socket.h. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
/** O_NONBLOCK and O_CLOEXEC, accepted in socket(2)'s type (include/linux/net.h). */
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_DONTROUTE = 5;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_MARK = 36;
export const SO_TIMESTAMPING = 37;
export const SO_RXQ_OVFL = 40;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
/** SCM_TS_OPT_ID: the sender's own id for a transmit stamp, Linux 6.13 and later. */
export const SCM_TS_OPT_ID = 81;
export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;
/** SHUT_WR (include/linux/net.h): no more is sent, what comes can still be read. */
export const SHUT_WR = 1;

/** A new descriptor for the same socket (include/uapi/linux/fcntl.h). */
export const F_DUPFD_CLOEXEC = 1030;

/** include/uapi/linux/eventfd.h, and include/uapi/asm-generic/resource.h. */
export const EFD_NONBLOCK = 0o4000;
export const EFD_CLOEXEC = 0o2000000;
export const RLIMIT_NOFILE = 7;

/** include/uapi/linux/netlink.h: routing, and the netfilter subsystems. */
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

/** include/uapi/linux/rtnetlink.h: the groups that are told of links and of addresses as they change. */
export const RTMGRP_LINK = 1;
export const RTMGRP_IPV4_IFADDR = 0x10;
export const RTMGRP_IPV6_IFADDR = 0x100;

/** include/uapi/linux/sockios.h and ethtool.h: asks a driver for its link's settings. */
export const SIOCETHTOOL = 0x8946;
export const ETHTOOL_GSET = 1;

/** include/uapi/linux/in.h. */
export const IPPROTO_RAW = 255;
export const SOL_IP = 0;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_HDRINCL = 3;
export const IP_OPTIONS = 4;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IP_RECVTTL = 12;
export const IP_RECVTOS = 13;
export const IP_MTU = 14;
/** netdevice(7): reads an interface's MTU. */
export const SIOCGIFMTU = 0x8921;
export const IP_RECVERR_RFC4884 = 26;
export const IP_MULTICAST_IF = 32;
export const IP_MULTICAST_TTL = 33;
export const IP_MULTICAST_LOOP = 34;
export const IP_ADD_MEMBERSHIP = 35;
export const IP_MULTICAST_ALL = 49;
/** Never set Don't Fragment; set it always and ignore what the kernel believes the path MTU to be. */
export const IP_PMTUDISC_DONT = 0;
export const IP_PMTUDISC_DO = 2;
export const IP_PMTUDISC_PROBE = 3;

/** include/uapi/linux/in6.h. */
export const SOL_IPV6 = 41;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MULTICAST_IF = 17;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_ADD_MEMBERSHIP = 20;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
export const IPV6_MULTICAST_ALL = 29;
export const IPV6_RECVERR_RFC4884 = 31;
export const IPV6_FLOWLABEL_MGR = 32;
export const IPV6_FLOWINFO_SEND = 33;
export const IPV6_HDRINCL = 36;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_RTHDR = 57;
export const IPV6_DONTFRAG = 62;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;

/** include/uapi/linux/tcp.h; the round trip is a u32 of microseconds inside struct tcp_info. */
export const SOL_TCP = 6;
export const TCP_SYNCNT = 7;
export const TCP_INFO = 11;
export const TCP_TIMESTAMP = 24;
export const TCP_INFO_RTT_OFFSET = 68;
export const TCP_INFO_BYTES = 104;
/** struct tcp_info begins with the state; include/net/tcp_states.h. */
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_CLOSE = 7;

/** include/uapi/linux/udp.h: one send makes datagrams of this size, and one receive hands up several of a size. */
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;

/** include/linux/socket.h and include/uapi/linux/udp.h, in kernels that have UDP-Lite. */
export const SOL_UDPLITE = 136;
export const UDPLITE_SEND_CSCOV = 10;

/** include/uapi/linux/icmpv6.h: ICMPV6_FILTER at level SOL_ICMPV6; a set bit blocks that type. */
export const SOL_ICMPV6 = 58;
export const ICMPV6_FILTER = 1;

/** include/uapi/linux/net_tstamp.h. */
export const SOF_TIMESTAMPING_TX_SOFTWARE = 2;
export const SOF_TIMESTAMPING_RX_SOFTWARE = 8;
export const SOF_TIMESTAMPING_SOFTWARE = 16;
export const SOF_TIMESTAMPING_OPT_ID = 128;
export const SOF_TIMESTAMPING_OPT_TSONLY = 2048;

/** include/uapi/linux/errqueue.h. */
export const SO_EE_ORIGIN_ICMP = 2;
export const SO_EE_ORIGIN_ICMP6 = 3;
export const SO_EE_ORIGIN_TIMESTAMPING = 4;
export const SO_EE_RFC4884_FLAG_INVALID = 1;

/** include/uapi/linux/eventpoll.h, timerfd.h, time.h. */
export const EPOLL_CLOEXEC = 0x80000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const TFD_NONBLOCK = 0x800;
export const TFD_CLOEXEC = 0x80000;

/** include/uapi/linux/net_tstamp.h and net/ipv6.h: in6_flowlabel_req's action, sharing and flag. */
export const IPV6_FL_A_GET = 0;
export const IPV6_FL_S_ANY = 255;
export const IPV6_FL_F_CREATE = 1;
