import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readCertificates } from "./read-pem.ts";

const folder = mkdtempSync(join(tmpdir(), "whither-pem-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

it("certificates are taken as they stand", () => {
	const text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
	expect(readCertificates(file("ca.pem", text), "--ca")).toBe(text);
});

it("a file without certificates is none to trust, which would be found out as an untrusted server only", () => {
	const path = file("key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n");
	expect(() => readCertificates(path, "--ca")).toThrow(`--ca: ${path} holds no certificate (PEM)`);
});
