/** The file that the server's relay workers run. */
import { parentPort, workerData } from "node:worker_threads";
import { serveTurnWorker } from "@whither/net/turn";

if (parentPort !== null) serveTurnWorker(parentPort, workerData);
