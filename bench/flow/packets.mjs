// What travels: RTP packets that say when they left, and the shortest answer to a Binding request.

/** RTP header, segment, time of sending, lateness; as long as 20 ms of G.711. */
const PACKET_BYTES = 172;
const SEGMENT_AT = 12;
const SENT_AT = 16;
const LATE_AT = 24;

/** A packet of one segment of the measurement, sent at a Unix time in nanoseconds, so much after its due time. */
export function stampedPacket(segment, sequence, { sentAt, lateNs }) {
	const packet = new Uint8Array(PACKET_BYTES);
	const view = new DataView(packet.buffer);
	view.setUint16(0, 0x8000);
	view.setUint16(2, sequence & 0xffff);
	view.setUint32(SEGMENT_AT, segment);
	view.setBigUint64(SENT_AT, sentAt);
	view.setFloat64(LATE_AT, lateNs);
	return packet;
}

/** The same, read. */
export function readStamp(packet) {
	const view = new DataView(packet.buffer, packet.byteOffset);
	return { segment: view.getUint32(SEGMENT_AT), sentAt: view.getBigUint64(SENT_AT), lateNs: view.getFloat64(LATE_AT) };
}

/** A Binding success response without attributes (RFC 8489 section 5): type, length 0, cookie and transaction id of the request. */
export function bindingSuccess(request) {
	const response = request.slice(0, 20);
	response.set([0x01, 0x01, 0, 0]);
	return response;
}
