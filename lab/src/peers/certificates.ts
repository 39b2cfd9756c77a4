/** A certificate authority of the lab and a server's certificate by it, made anew each time by `openssl`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../requirements.ts";

/** Paths of PEM files. */
export interface Certificates {
	readonly folder: string;
	/** The authority's certificate, for clients. */
	readonly authority: string;
	readonly certificate: string;
	readonly key: string;
	/** Removes the folder. */
	remove(): void;
}

const ELLIPTIC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Null where they can be made, else what is missing. */
export function certificatesObstacle(): string | null {
	return findProgram("openssl") === null ? "certificates are made by openssl (Debian package openssl)" : null;
}

/** Makes both in a folder of their own; the server is named by these addresses and no other way. */
export function makeCertificates(addresses: readonly string[]): Certificates {
	const folder = mkdtempSync(join(tmpdir(), "whither-certificates-"));
	const path = (name: string) => join(folder, name);
	const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
	const names = addresses.map((address) => `IP:${address}`).join(",");
	writeFileSync(path("names"), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
	const authority = ["-keyout", path("ca.key"), "-out", path("ca.pem")];
	openssl("req", "-x509", ...ELLIPTIC, ...authority, "-days", "2", "-subj", "/CN=whither lab authority");
	const request = ["-keyout", path("key.pem"), "-out", path("request.pem"), "-subj", "/CN=whither lab server"];
	openssl("req", "-new", ...ELLIPTIC, ...request);
	const signed = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-extfile", path("names")];
	openssl("x509", "-req", "-in", path("request.pem"), "-out", path("server.pem"), "-days", "2", ...signed);
	return {
		folder,
		authority: path("ca.pem"),
		certificate: path("server.pem"),
		key: path("key.pem"),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
