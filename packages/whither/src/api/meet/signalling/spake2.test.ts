import { formatBase64 } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { hkdfSha256 } from "./hkdf.ts";
import { P256_ORDER, P256Point, p256Scalar, readP256Point } from "./p256.ts";
import { beginSpake2, finishSpake2, type Spake2Exchange, type Spake2Side, spake2Password } from "./spake2.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString("hex");

/** RFC 9382 appendix B: A, B, w, x, y, pA, pB, Ke, then the confirmations of A and of B. */
const VECTORS = [
	[
		"server",
		"client",
		"2ee57912099d31560b3a44b1184b9b4866e904c49d12ac5042c97dca461b1a5f",
		"43dd0fd7215bdcb482879fca3220c6a968e66d70b1356cac18bb26c84a78d729",
		"dcb60106f276b02606d8ef0a328c02e4b629f84f89786af5befb0bc75b6e66be",
		"04a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9010153ac33d0d5f2047ffdb1a3e42c9b4e6be662766e1eeb4116988ede5f912c",
		"0406557e482bd03097ad0cbaa5df82115460d951e3451962f1eaf4367a420676d09857ccbc522686c83d1852abfa8ed6e4a1155cf8f1543ceca528afb591a1e0b7",
		"0e0672dc86f8e45565d338b0540abe69",
		"58ad4aa88e0b60d5061eb6b5dd93e80d9c4f00d127c65b3b35b1b5281fee38f0",
		"d3e2e547f1ae04f2dbdbf0fc4b79f8ecff2dff314b5d32fe9fcef2fb26dc459b",
	],
	[
		"",
		"client",
		"0548d8729f730589e579b0475a582c1608138ddf7054b73b5381c7e883e2efae",
		"403abbe3b1b4b9ba17e3032849759d723939a27a27b9d921c500edde18ed654b",
		"903023b6598908936ea7c929bd761af6039577a9c3f9581064187c3049d87065",
		"04a897b769e681c62ac1c2357319a3d363f610839c4477720d24cbe32f5fd85f44fb92ba966578c1b712be6962498834078262caa5b441ecfa9d4a9485720e918a",
		"04e0f816fd1c35e22065d5556215c097e799390d16661c386e0ecc84593974a61b881a8c82327687d0501862970c64565560cb5671f696048050ca66ca5f8cc7fc",
		"642f05c473c2cd79909f9a841e2f30a7",
		"47d29e6666af1b7dd450d571233085d7a9866e4d49d2645e2df975489521232b",
		"3313c5cefc361d27fb16847a91c2a73b766ffa90a4839122a9b70a2f6bd1d6df",
	],
	[
		"server",
		"",
		"626e0cdc7b14c9db3e52a0b1b3a768c98e37852d5db30febe0497b14eae8c254",
		"07adb3db6bc623d3399726bfdbfd3d15a58ea776ab8a308b00392621291f9633",
		"b6a4fc8dbb629d4ba51d6f91ed1532cf87adec98f25dd153a75accafafedec16",
		"04f88fb71c99bfffaea370966b7eb99cd4be0ff1a7d335caac4211c4afd855e2e15a873b298503ad8ba1d9cbb9a392d2ba309b48bfd7879aefd0f2cea6009763b0",
		"040c269d6be017dccb15182ac6bfcd9e2a14de019dd587eaf4bdfd353f031101e7cca177f8eb362a6e83e7d5e729c0732e1b528879c086f39ba0f31a9661bd34db",
		"005184ff460da2ce59062c87733c299c",
		"bc9f9bbe99f26d0b2260e6456e05a86196a3307ec6663a18bf6ac825736533b2",
		"c2370e1bf813b086dff0d834e74425a06e6390f48f5411900276dcccc5a297ec",
	],
	[
		"",
		"",
		"7bf46c454b4c1b25799527d896508afd5fc62ef4ec59db1efb49113063d70cca",
		"8cef65df64bb2d0f83540c53632de911b5b24b3eab6cc74a97609fd659e95473",
		"d7a66f64074a84652d8d623a92e20c9675c61cb5b4f6a0063e4648a2fdc02d53",
		"04a65b367a3f613cf9f0654b1b28a1e3a8a40387956c8ba6063e8658563890f46ca1ef6a676598889fc28de2950ab8120b79a5ef1ea4c9f44bc98f585634b46d66",
		"04589f13218822710d98d8b2123a079041052d9941b9cf88c6617ddb2fcc0494662eea8ba6b64692dc318250030c6af045cb738bc81ba35b043c3dcb46adf6f58d",
		"fc6374762ba5cf11f4b2caa08b2cd1b9",
		"dfb4db8d48ae5a675963ea5e6c19d98d4ea028d8e898dad96ea19a80ade95dca",
		"d0f0609d1613138d354f7e95f19fb556bf52d751947241e8c7118df5ef0ae175",
	],
] as const;

/** A scalar below the order, as the 48 bytes that it is drawn from. */
const drawn = (scalar: string) => bytes(`${"00".repeat(16)}${scalar}`);
const both = (one: Spake2Exchange, other: Spake2Exchange, A: string, B: string) =>
	[finishSpake2(one, other.share, { A, B }), finishSpake2(other, one.share, { A, B })] as const;

describe("SPAKE2", () => {
	it.each(VECTORS)("comes to what RFC 9382 appendix B has for A %j and B %j", (A, B, w, x, y, pA, pB, ke, ofA, ofB) => {
		const password = BigInt(`0x${w}`);
		const one = beginSpake2({ side: "A", password, random: drawn(x) });
		const other = beginSpake2({ side: "B", password, random: drawn(y) });
		expect([one, other].map(({ share }) => hex(P256Point.fromBytes(share).toBytes(false)))).toEqual([pA, pB]);
		const [atA, atB] = both(one, other, A, B);
		expect([hex(atA?.key), hex(atA?.confirmation), hex(atA?.expected)]).toEqual([ke, ofA, ofB]);
		expect([hex(atB?.key), hex(atB?.confirmation), hex(atB?.expected)]).toEqual([ke, ofB, ofA]);
	});

	it("gives other keys for another password, another side and another name", () => {
		const random = (fill: number) => new Uint8Array(48).fill(fill);
		const begin = (side: Spake2Side, word: string, fill: number) =>
			beginSpake2({ side, password: spake2Password(word), random: random(fill) });
		const one = begin("A", "otter-velvet", 1);
		const keys = [
			...both(one, begin("B", "otter-velvet", 2), "7 A", "7 B"),
			...both(one, begin("B", "otter-velour", 2), "7 A", "7 B"),
			finishSpake2(begin("B", "otter-velvet", 2), one.share, { A: "8 A", B: "8 B" }),
			// What somebody sends back to where it comes from.
			finishSpake2(one, one.share, { A: "7 A", B: "7 B" }),
		].map((made) => hex(made?.key));
		expect(keys[0]).toBe(keys[1]);
		expect(new Set(keys).size).toBe(5);
	});

	it("takes no share that is no point of the curve, or that leaves nothing of the key to chance", () => {
		const password = spake2Password("otter-velvet");
		const one = beginSpake2({ side: "A", password, random: new Uint8Array(48).fill(7) });
		const wrong = [
			new Uint8Array(0),
			new Uint8Array(33),
			new Uint8Array(33).fill(0xff),
			bytes(`02${"00".repeat(31)}05`.slice(0, 64)),
			P256Point.BASE.toBytes(false),
			// y·G with y = 0 under the right mask: the shared point would be infinity.
			P256Point.fromHex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")
				.multiply(password)
				.toBytes(true),
		];
		for (const share of wrong) expect(finishSpake2(one, share, { A: "", B: "" })).toBeNull();
		expect(readP256Point(P256Point.BASE.toBytes(true))?.equals(P256Point.BASE)).toBe(true);
		expect(
			P256Point.BASE.multiply(P256_ORDER - 1n)
				.add(P256Point.BASE)
				.is0(),
		).toBe(true);
	});

	it("draws scalars of 48 bytes and of no others, and none that is zero", () => {
		expect(p256Scalar(drawn(`${"00".repeat(31)}05`))).toBe(5n);
		for (const random of [new Uint8Array(32), new Uint8Array(48), drawn(P256_ORDER.toString(16))])
			expect(() => p256Scalar(random)).toThrow(RangeError);
	});
});

it("HKDF gives what RFC 5869 appendix A.1 and A.3 have", () => {
	const secret = new Uint8Array(22).fill(0x0b);
	const first = { secret, salt: bytes("000102030405060708090a0b0c"), info: bytes("f0f1f2f3f4f5f6f7f8f9"), length: 42 };
	expect(hex(hkdfSha256(first))).toBe(
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
	);
	const bare = { secret, salt: new Uint8Array(0), info: new Uint8Array(0), length: 42 };
	expect(hex(hkdfSha256(bare))).toBe(
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
	);
	expect(() => hkdfSha256({ ...bare, length: 8_161 })).toThrow(RangeError);
	expect(formatBase64(hkdfSha256({ ...bare, length: 0 }))).toBe("");
});
