/** ICMP extension objects as a result holds them. */
import { attributeOf, type IcmpExtension, type StunMessage, trailingAttributeOf } from "@whither/wire";
import type { ExtensionJson } from "./result.ts";

/** One RFC 4884 object as `whither.trace/1` writes it. */
export function extensionJson(extension: IcmpExtension): ExtensionJson {
	const object = { class: extension.class, type: extension.type };
	switch (extension.kind) {
		case "mpls":
			return {
				...object,
				mpls: extension.labels.map(({ label, trafficClass, bottom, ttl }) => ({
					label,
					tc: trafficClass,
					bottom,
					ttl,
				})),
			};
		case "interface": {
			const { role, index, address, name, mtu } = extension;
			return { ...object, interface: { role, index, address, name, mtu } };
		}
		case "node":
			return { ...object, node: { address: extension.address, name: extension.name } };
		case "stun":
			return { ...object, stun: stunJson(extension.message) };
		default:
			return { ...object, bytes: hexOf(extension.bytes) };
	}
}

/** What a router says in STUN about a probe that ended there. It has no password, so nothing proves any of it. */
function stunJson(message: StunMessage): Readonly<Record<string, unknown>> {
	const status = trailingAttributeOf(message, "networkStatus") ?? attributeOf(message, "networkStatus");
	const mapped = attributeOf(message, "xorMappedAddress");
	const software = attributeOf(message, "software");
	return {
		class: message.class,
		method: message.method,
		transactionId: hexOf(message.transactionId),
		...(mapped === undefined ? {} : { mapped }),
		...(status === undefined ? {} : { networkStatus: status }),
		...(software === undefined ? {} : { software }),
		authenticated: false,
	};
}

function hexOf(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
