/** One row of the extension object table: one class of RFC 4884 objects. */
export interface ObjectRow<Class extends number, Fields extends object> {
	readonly class: Class;
	/** The registry's name. */
	readonly meaning: string;
	/** The fields from C-Type and payload; null where they do not fit the class. */
	decode(type: number, payload: Uint8Array): Fields | null;
	/** C-Type and payload from the fields; throws RangeError. */
	encode(fields: Fields): { readonly type: number; readonly bytes: Uint8Array };
}
