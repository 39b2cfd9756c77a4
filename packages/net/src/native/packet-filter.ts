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
const RETURN = 0x06;
const WHOLE_PACKET = 0xffffffff;
const NOTHING = 0;

/** One test: `bytes` big-endian bytes at `offset` are one of `values`. `after`: counted from the end of the IPv4 header. */
export interface FilterTest {
	readonly offset: number;
	readonly after: "start" | "ipv4Header";
	readonly bytes: 1 | 2 | 4;
	/** At most 200 values. */
	readonly values: readonly number[];
}

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
	const last = values.length - 1;
	const compare = values.map((k, index) => ({
		code: JUMP_EQUAL,
		jt: last - index,
		jf: index === last ? following : 0,
		k,
	}));
	if (after === "start") return [{ code: LOAD_ABSOLUTE[bytes], k: offset }, ...compare];
	return [{ code: LOAD_X_HEADER_LENGTH, k: 0 }, { code: LOAD_INDEXED[bytes], k: offset }, ...compare];
}
