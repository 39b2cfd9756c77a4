import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openDataSet } from "./data-set.ts";
import { type MmdbValue, mmdbFile } from "./mmdb.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "whither-mmdb-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function written(bytes: Uint8Array): string {
	const file = join(folder, `${++files}.mmdb`);
	writeFileSync(file, bytes);
	return file;
}

async function facts(type: string, record: MmdbValue, address = "5.0.2.1") {
	const { lookup } = await openDataSet(written(mmdbFile(type, { "5.0.2.0/24": record, "2a01:24::/32": record })));
	return lookup(address);
}

const NOTHING = { place: null, asn: null, asName: null, exchange: null };

it.each(["5.0.2.1", "5.0.2.255", "2a01:24::1"])("reads MaxMind's layout of cities (%s)", async (address) => {
	const record = {
		city: { geoname_id: 1, names: { en: "Berlin", ja: "ベルリン" } },
		country: { iso_code: "DE", names: { en: "Germany" } },
		registered_country: { iso_code: "NL" },
		location: { accuracy_radius: 20, latitude: 52.5, longitude: 13.25 },
	};
	expect(await facts("GeoLite2-City", record, address)).toEqual({
		...NOTHING,
		place: { country: "DE", city: "Berlin", latitude: 52.5, longitude: 13.25, source: "GeoLite2-City" },
	});
});

it("reads MaxMind's layout of systems", async () => {
	const record = { autonomous_system_number: 64500, autonomous_system_organization: "Example Net" };
	expect(await facts("GeoLite2-ASN", record)).toEqual({ ...NOTHING, asn: "AS64500", asName: "Example Net" });
});

it("reads IPinfo's layouts", async () => {
	const city = { city: "Lima", region: "Lima", country: "PE", lat: "-12.5", lng: "-77.25", postal_code: "" };
	const place = { country: "PE", city: "Lima", latitude: -12.5, longitude: -77.25, source: "ipinfo standard_location" };
	expect(await facts("ipinfo standard_location", city)).toEqual({ ...NOTHING, place });
	const lite = { asn: "AS64500", as_name: "Example", as_domain: "e.test", country: "Peru", country_code: "PE" };
	expect(await facts("ipinfo lite", lite)).toEqual({
		...NOTHING,
		place: { country: "PE", city: null, latitude: null, longitude: null, source: "ipinfo lite" },
		asn: "AS64500",
		asName: "Example",
	});
});

it.each<[string, MmdbValue]>([
	["of other kinds", { country: 7, city: { names: ["x"] }, location: "north", asn: [1] }],
	["out of range", { latitude: 91, longitude: 0.5, asn: "AS99999999999" }],
	["that names half a place", { lat: "12", lng: "" }],
	["of nothing", {}],
	["that is a list", [1, 2]],
])("makes nothing of a record %s", async (_, record) => {
	expect(await facts("x", record)).toBeNull();
});

it("knows nothing of an address that no network has", async () => {
	expect(await facts("x", { country_code: "DE" }, "5.0.3.1")).toBeNull();
	expect(await facts("x", { country_code: "DE" }, "::1")).toBeNull();
});

it("says what is wrong with a file that cannot be read", async () => {
	const whole = mmdbFile("x", { "0.0.0.0/1": { country_code: "DE" }, "128.0.0.0/1": { country_code: "DE" } });
	const torn = Buffer.concat([whole.subarray(0, 200), whole.subarray(-150)]);
	await expect(openDataSet(join(folder, "none"))).rejects.toThrow(
		/none cannot be read: .*\(ENOENT\); name an mmdb file/,
	);
	for (const bytes of [Buffer.alloc(0), Buffer.from("PK\x03\x04 something"), whole.subarray(0, -100), torn])
		await expect(openDataSet(written(bytes))).rejects.toMatchObject({ code: "badOption" });
	await expect(openDataSet(folder)).rejects.toThrow(/is no data set that can be read \(it is no file\)/);
});

it("never throws at a look-up in a file with any byte changed", async () => {
	const whole = mmdbFile("x", { "0.0.0.0/2": { country_code: "DE", lat: "1", lng: "2" } });
	for (let index = 0; index < whole.length; index += 7) {
		const bytes = Buffer.from(whole);
		bytes[index] = (bytes[index] ?? 0) ^ 0x55;
		const opened = await openDataSet(written(bytes)).catch(({ code }) => code);
		if (opened === "badOption") continue;
		for (const address of ["1.2.3.4", "2.0.0.1", "::2"]) await opened.lookup(address);
	}
});
