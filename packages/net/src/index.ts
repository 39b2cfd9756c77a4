export type { Channel, ChannelRequest } from "./channel/channel.ts";
export { openChannel } from "./channel/open.ts";
export { type Clock, openClock } from "./clock.ts";
export { nodeCrypto } from "./crypto.ts";
export { runPing, runRounds, runTrace } from "./driver.ts";
export { isSystemError } from "./errors.ts";
export { type Prober, type ProberOptions, startProber } from "./prober.ts";
export { serveProber } from "./serve-prober.ts";
export { type MethodSupport, methodSupport } from "./support.ts";
