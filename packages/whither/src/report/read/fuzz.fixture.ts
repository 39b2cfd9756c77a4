/** What the fuzzer throws at the readers of recordings, and what it has to come back with. */

import { readRecording } from "./read-recording.ts";
import { isReadProblem } from "./recording.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const TRACE = `{"schema":"whither.trace/1","tool":{"name":"whither","version":"0"},"args":[],"target":{"name":"t","address":"192.0.2.9","port":33434},"source":{"address":"192.0.2.1","port":1,"publicAddress":null},"method":"udp","channel":"raw","family":4,"startedAt":"2026-01-01T00:00:00Z","durationNs":5,"reached":false,"stopReason":"maxHops","pathMtu":null,"warnings":[],"counters":{"sent":1,"received":1,"foreign":0,"duplicates":0,"late":0,"dropped":0},"options":{"firstTtl":1,"maxTtl":1,"queries":1,"length":60},"hops":[{"ttl":1,"probes":[{"seq":0,"flow":0,"sentAtNs":0,"status":"reply","from":"192.0.2.2","name":null,"rttNs":5,"stamps":"kernel","reply":{"kind":"timeExceeded","icmp":{"type":11,"code":0},"ttl":64,"tos":0,"mtu":null,"detail":{}},"quoted":null,"extensions":[{"class":1,"type":1,"mpls":[{"label":1,"tc":0,"bottom":true,"ttl":1}]}]}]}]}`;

const SEEDS = [
	TRACE,
	`{"type":"end","host":"t","atNs":5,"result":${TRACE}}`,
	`{"schema":"whither.session/1","id":"abcdefghij0123456","kind":"trace","tool":{"name":"w","version":"0"},"startedAt":"2026-01-01T00:00:00Z","target":"t","request":{}}\n{"seq":0,"kind":"trace","event":{"type":"end","atNs":1,"stopReason":"reached","reached":true}}\n{"outcome":"lost","endedAt":"2026-01-01T00:00:00Z"}\n`,
	`{"fw":5080,"type":"traceroute","af":4,"proto":"UDP","dst_addr":"192.0.2.9","timestamp":1,"result":[{"hop":1,"result":[{"from":"192.0.2.2","rtt":1.5,"ttl":64,"err":"H","icmpext":{"obj":[{"class":1,"type":1,"mpls":[{"label":1,"exp":0,"s":1,"ttl":1}]}]}},{"x":"*"}]}]}`,
	`{"type":"trace","method":"udp-paris","src":"192.0.2.1","dst":"192.0.2.9","stop_reason":"COMPLETED","start":{"sec":1,"usec":2},"hop_count":2,"attempts":2,"firsthop":1,"probe_size":44,"hops":[{"addr":"192.0.2.2","probe_ttl":1,"probe_id":2,"rtt":0.5,"tx":{"sec":1,"usec":3},"icmp_type":11,"icmp_code":0,"tcp_flags":18}]}`,
	"x 0 33000\nh 0 192.0.2.2\nm 0 1 0 1 1\nd 0 gw\np 0 59 33000\n",
].map((text) => encoder.encode(text));

/** Reads whatever it is given; nothing is thrown, and a refusal has a reason. */
export const RECORDING_FUZZ_TARGETS = [
	{
		name: "readRecording",
		seeds: SEEDS,
		decode: (bytes: Uint8Array): unknown => {
			const read = readRecording(decoder.decode(bytes));
			if (isReadProblem(read) && read.reason === "") throw new Error("a refusal without a reason");
			return read;
		},
	},
];
