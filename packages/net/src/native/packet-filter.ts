/**
 * Classic BPF programs for SO_ATTACH_FILTER: a packet is taken when one of several blocks of tests holds. Pure.
 * Opcodes from include/uapi/linux/bpf_common.h; struct sock_filter is {u16 code, u8 jt, u8 jf, u32 k}.
 */

/** Bytes of one instruction. */
const INSTRUCTION_BYTES = 8;

const LOAD_ABSOLUTE = { 1: 0x30, 2: 0x28, 4: 0x20 } as const;
const LOAD_INDEXED = { 1: 0x50, 2: 0x48, 4: 0x40 } as const;
/** X = 4 * (packet[k] & 15): the length of an IPv4 header. */
const LOAD_X_HEADER_LENGTH = 0xb1;
const JUMP_EQUAL = 0x15;
const JUMP_ALWAYS = 0x05;
const RETURN = 0x06;
const WHOLE_PACKET = 0xffffffff;
const NOTHING = 0;

/** One test: `bytes` big-endian bytes at `offset` are one of `values`. `after`: counted from the end of the IPv4 header. */
export interface FilterTest {
	readonly offset: number;
	readonly after: "start" | "ipv4Header";
	readonly bytes: 1 | 2 | 4;
	readonly values: readonly number[];
}

/** Values that are compared in one go: a comparison that holds jumps over those that follow, 255 at most. */
const VALUES_AT_ONCE = 200;

/** Tests that must all hold. */
export type FilterBlock = readonly FilterTest[];

/** The program that takes what any of the blocks describes; with no blocks it takes nothing. */
export function encodeFilter(blocks: readonly FilterBlock[]): Uint8Array {
	const program: Instruction[] = [];
	for (const block of blocks) program.push(...encodeBlock(block));
	program.push({ code: RETURN, k: NOTHING });
	return encodeProgram(program);
}

/** One instruction; `jt` and `jf`: how many to jump over where a test holds and where it does not. */
export interface Instruction {
	readonly code: number;
	readonly jt?: number;
	readonly jf?: number;
	readonly k: number;
}

/** A program as the kernel reads it (struct sock_filter). */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
	const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
	const view = new DataView(bytes.buffer);
	program.forEach(({ code, jt = 0, jf = 0, k }, index) => {
		if (jt > 255 || jf > 255) throw new RangeError("a jump is longer than 8 bits tell");
		view.setUint16(index * INSTRUCTION_BYTES, code, true);
		view.setUint8(index * INSTRUCTION_BYTES + 2, jt);
		view.setUint8(index * INSTRUCTION_BYTES + 3, jf);
		view.setUint32(index * INSTRUCTION_BYTES + 4, k >>> 0, true);
	});
	return bytes;
}

/** Built from its end, since a failing test jumps over all that follows in its block. */
function encodeBlock(block: FilterBlock): readonly Instruction[] {
	let rest: Instruction[] = [{ code: RETURN, k: WHOLE_PACKET }];
	for (const test of [...block].reverse()) rest = [...encodeTest(test, rest.length), ...rest];
	return rest;
}

function encodeTest(test: FilterTest, following: number): readonly Instruction[] {
	const { offset, after, bytes, values } = test;
	const compare = encodeValues(values, following);
	if (after === "start") return [{ code: LOAD_ABSOLUTE[bytes], k: offset }, ...compare];
	return [{ code: LOAD_X_HEADER_LENGTH, k: 0 }, { code: LOAD_INDEXED[bytes], k: offset }, ...compare];
}

/** Goes on behind all of them where one is equal, else over so many that follow; built from the end, as blocks are. */
function encodeValues(values: readonly number[], following: number): readonly Instruction[] {
	const lastBegin = Math.max(0, Math.ceil(values.length / VALUES_AT_ONCE) - 1) * VALUES_AT_ONCE;
	let rest = comparisons(values.slice(lastBegin), following);
	for (let begin = lastBegin - VALUES_AT_ONCE; begin >= 0; begin -= VALUES_AT_ONCE) {
		// Long jumps have an instruction of their own, which the last comparison steps over.
		const jump = { code: JUMP_ALWAYS, k: rest.length };
		rest = [...comparisons(values.slice(begin, begin + VALUES_AT_ONCE), 1), jump, ...rest];
	}
	return rest;
}

function comparisons(values: readonly number[], jumpOtherwise: number): readonly Instruction[] {
	const last = values.length - 1;
	return values.map((k, index) => ({
		code: JUMP_EQUAL,
		jt: last - index,
		jf: index === last ? jumpOtherwise : 0,
		k,
	}));
}
