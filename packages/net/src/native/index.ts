/** The kernel's calls and structures as they are: an entry of its own, for measurements that must cost little themselves. */
export { Arena, type Slab } from "./arena.ts";
export * as constants from "./constants.ts";
export { type ControlFacts, decodeControl } from "./control.ts";
export { type Libc, loadLibc } from "./libc.ts";
export { encodeSockaddr, SOCKADDR_LENGTH, type SockaddrFields } from "./sockaddr.ts";
export { EPOLL_DATA_OFFSET, EPOLL_EVENT_BYTES, IOVEC, MMSGHDR, TIMESPEC, writeSize } from "./structs.ts";
