/** STUN and TURN that the server lends to those who connect here. */
import { askServerBy } from "../../../../packages/whither/src/api/meet/signalling/room-entry.ts";
import { isSignallingFailure } from "../../../../packages/whither/src/api/meet/signalling/signalling.ts";
import { currentToken } from "../api/token.ts";
import { iceServersOf } from "./ice-servers.ts";
import { pageHttp } from "./page-http.ts";

/** As `RTCPeerConnection` wants them; none where the server lends none. */
export async function loadServers(): Promise<RTCIceServer[]> {
	const token = currentToken();
	const url = new URL(".", location.href).href;
	const offered = await askServerBy({ http: pageHttp }, { url, ...(token !== null && { token }) });
	return isSignallingFailure(offered) ? [] : iceServersOf(offered);
}
