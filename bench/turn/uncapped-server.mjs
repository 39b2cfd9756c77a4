// Our service as `whither serve` opens it, but for its caps on answers to strangers: coturn has none, and what a server answers
// can only be compared where both answer. Usage: node uncapped-server.mjs JSON, see servers.mjs.
import { isTurnServiceFailure, openTurnService } from "@whither/net/turn";

const { address, port, peers, realm, user } = JSON.parse(process.argv[2]);
const UNBOUNDED = { perSecond: 1e9, burst: 1e9 };
const limits = { all: UNBOUNDED, perSource: UNBOUNDED, sources: 4096 };

const service = await openTurnService({
	config: {
		realm,
		users: { passwords: [user] },
		peers: { allow: [peers] },
		answers: limits,
	},
	relays: [{ address }],
	places: [{ transport: "udp", family: 4, address, port }],
	binding: { classic: false, limits },
	workers: 1,
});
if (isTurnServiceFailure(service)) {
	console.error(JSON.stringify(service.error));
	process.exit(1);
}
service.failed.then((failure) => {
	console.error(JSON.stringify(failure));
	process.exit(1);
});
