/** A message type's name and those of its codes, as IANA's registries have them. */
export interface IcmpTypeRow {
	readonly name: string;
	readonly codes: Readonly<Record<number, string>>;
}
