/** How media went, of what was counted and nothing else. */
import type { MeetMedia } from "../result.ts";

/** The clause, with what joins it to the way's; empty: none was to be sent, or none could be yet. */
export function mediaWords(media: MeetMedia | null): string {
	if (media === null || (media.sent === 0 && media.received === 0)) return "";
	const { sent, received, lost } = media;
	if (received === 0) return "; media goes there, and nothing came back";
	const share = Math.round((1000 * lost) / (received + lost)) / 10;
	const ways = sent === 0 ? "media comes, and none was sent" : "media both ways";
	return `; ${ways}, ${share} % lost`;
}
