/** Least and most of every number a trace takes; the library checks against them and the command line says them. */
export const LIMITS = {
	port: [1, 65_535],
	/** Longest probe traceroute(8) sends; shorter ones than the method can make are lengthened. */
	length: [0, 65_000],
	firstTtl: [1, 255],
	maxTtl: [1, 255],
	queries: [1, 100],
	simultaneous: [1, 1024],
	maxSilentHops: [1, 255],
	tos: [0, 255],
	dscp: [0, 63],
	ecn: [0, 3],
	/** 20 bits (RFC 6437). */
	flowLabel: [0, 0xf_ff_ff],
	sourcePort: [1, 65_535],
	fwmark: [0, 0xff_ff_ff_ff],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** An option with such bounds. */
export type LimitName = keyof typeof LIMITS;

/** Longest time any option takes, in milliseconds: one day. */
export const MOST_MS = 86_400_000;

/** The same for what a ping takes beside that. */
export const PING_LIMITS = {
	ttl: [1, 255],
	count: [1, 1_000_000_000],
	lossThresholdPercent: [1, 100],
	lossWindow: [1, 10_000],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** An option of a ping with such bounds. */
export type PingLimitName = keyof typeof PING_LIMITS;

/** As ping(8) allows anybody. */
export const PING_LEAST_INTERVAL_MS = 2;

/** The same for what a continuous trace takes beside that. */
export const LIVE_LIMITS = { rounds: [1, 1_000_000_000] } as const;

/** More often tells of the routers' limits rather than of the path (`LEAST_ROUNDS_INTERVAL_NS`). */
export const LIVE_LEAST_INTERVAL_MS = 100;

/** Port that a server listens on; 0: the system's choice. */
export const LISTEN_PORT = [0, 65_535] as const;

/** Longest wait for a NAT's binding to go, in seconds. */
export const STUN_LIFETIME = [2, 3_600] as const;

/** What a test of a relay takes. Sizes: what a probe of ours holds, and what passes every relay without fragments. */
export const TURN_LIMITS = {
	count: [1, 100_000],
	size: [16, 1_400],
	rate: [1, 10_000],
	durationMs: [0, 60_000],
	waitMs: [100, 60_000],
	tlsPort: [1, 65_535],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;
