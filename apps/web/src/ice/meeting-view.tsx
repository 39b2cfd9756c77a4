/** This browser and another end, by a code. */
import { useEffect, useState } from "preact/hooks";
import { announce } from "../shell/announce.ts";
import { copyText } from "../shell/copy-text.ts";
import { ChannelPing } from "./channel-ping.tsx";
import { IceView } from "./ice-view.tsx";
import type { PageMeeting } from "./meeting.ts";
import { PathStrip } from "./path-strip.tsx";

/** A meeting. */
export function MeetingView({ meeting }: { readonly meeting: PageMeeting }) {
	const connection = meeting.connection.value;
	const step = meeting.step.value;
	const tool = meeting.peerTool.value;
	const state = connection?.state.value ?? "new";
	useEffect(() => {
		if (state === "connected") announce("Connected to the other end.");
		else if (step === "met") announce("The other end is there.");
	}, [state, step]);
	const isWaiting = step === "waiting" && meeting.code.value !== null;
	return (
		<div class="stack ice-shown">
			{step === "opening" && <p class="note">Opening a room…</p>}
			{isWaiting && <CodeToSay code={meeting.code.value ?? ""} />}
			{meeting.failed.value && (
				<div class="problem" role="alert">
					<strong>They did not meet</strong>
					<p>{meeting.words.value}</p>
				</div>
			)}
			{connection !== null && !isWaiting && (
				<>
					<p class="small quiet-text">
						{tool === null ? "The other end is there." : `The other end is ${tool}.`}
						{!meeting.failed.value && meeting.words.value !== null && ` ${meeting.words.value}`}
					</p>
					<IceView connection={connection} other={null} seenAs={null} />
					<MeetingPath meeting={meeting} />
					{meeting.channel.value !== null && <ChannelPing channel={meeting.channel.value} />}
				</>
			)}
			{step !== "over" && (
				<div class="row">
					<button type="button" onClick={() => meeting.close()}>
						{isWaiting ? "Give it up" : "Leave"}
					</button>
				</div>
			)}
		</div>
	);
}

function MeetingPath({ meeting }: { readonly meeting: PageMeeting }) {
	const found = meeting.path.value;
	const wasConnected = meeting.connection.value?.wasConnected.value === true;
	const tool = meeting.peerTool.value ?? "The other end";
	if (!wasConnected) return null;
	return (
		<section class="section" aria-labelledby="path-title">
			<h2 id="path-title">From the other end to you, on this connection</h2>
			{found === null && !meeting.peerTraces.value && (
				<p class="note">Browsers cannot trace. Join with whither meet at one end, and it shows you the way.</p>
			)}
			{found === null && meeting.peerTraces.value && (
				<p class="note">
					{meeting.step.value === "over" ? `${tool} has not told what it found.` : "The other end is tracing…"}
				</p>
			)}
			{found !== null && found.trace === null && (
				<p class="note">The other end could not trace it: {found.error?.message ?? "it does not say why"}.</p>
			)}
			{found?.trace && <PathStrip trace={found.trace} from="The other end" to="You" />}
		</section>
	);
}

function CodeToSay({ code }: { readonly code: string }) {
	const [copied, setCopied] = useState(false);
	const link = new URL(`#/ice/${encodeURIComponent(code)}`, location.href).href;
	const command = `whither meet ${code} --server ${new URL(".", location.href).href.replace(/\/$/, "")}`;
	const copy = async () => {
		const isCopied = await copyText(link);
		setCopied(isCopied);
		announce(
			isCopied ? "The link is in the clipboard." : "The clipboard cannot be written to; the link stands beside.",
		);
	};
	return (
		<section class="panel code-panel" aria-labelledby="code-title">
			<h2 id="code-title">Say this to the other end</h2>
			<p class="code-words mono" data-code={code}>
				{code}
			</p>
			<dl class="code-ways small">
				<dt>In a browser</dt>
				<dd>
					<a href={link}>{link}</a>{" "}
					{navigator.clipboard !== undefined && (
						<button type="button" class="quiet" onClick={copy}>
							{copied ? "Copied" : "Copy the link"}
						</button>
					)}
				</dd>
				<dt>In a terminal</dt>
				<dd>
					<code>{command}</code>
				</dd>
			</dl>
			<p class="small quiet-text">It is good once, for ten minutes. Waiting for the other end…</p>
		</section>
	);
}
