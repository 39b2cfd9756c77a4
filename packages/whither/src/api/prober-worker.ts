/** The file that the library's prober runs as its worker. */
import { parentPort } from "node:worker_threads";
import { serveProber } from "@whither/net";

if (parentPort !== null) serveProber(parentPort);
