"""aioice as an ICE peer: lines of JSON in and out, as lines.ts has them."""

import asyncio
import json
import sys
import time
import traceback

import aioice


def say(**line):
    sys.stdout.write(json.dumps({"atMs": time.monotonic() * 1000, **line}) + "\n")
    sys.stdout.flush()


def end_of(candidate):
    return {
        "type": candidate.type,
        "address": candidate.host,
        "port": candidate.port,
        "transport": "udp",
    }


class Session:
    """One agent. It tells its candidates all at once, and takes the peer's one by one."""

    def __init__(self, order):
        relays = order.get("turn") or []
        # Of its relay policy only what it tells is meant: it would still ask a STUN server and tell what that says.
        self.relay_only = order.get("policy") == "relay"
        servers = [] if self.relay_only else order.get("stun") or []
        families = order.get("families") or [4, 6]
        options = {}
        if servers:
            options["stun_server"] = (servers[0]["address"], servers[0]["port"])
        if relays:
            relay = relays[0]
            leg = relay.get("leg", "udp")
            options["turn_server"] = (relay["address"], relay["port"])
            options["turn_username"] = relay["username"]
            options["turn_password"] = relay["password"]
            options["turn_transport"] = "udp" if leg == "udp" else "tcp"
            options["turn_ssl"] = leg == "tls"
        if self.relay_only:
            options["transport_policy"] = aioice.TransportPolicy.RELAY
        self.agent = aioice.Connection(
            ice_controlling=order["role"] == "controlling",
            use_ipv4=4 in families,
            use_ipv6=6 in families,
            **options,
        )
        self.tasks = [asyncio.ensure_future(self.describe())]
        self.gathered = self.tasks[0]

    async def describe(self):
        await self.agent.gather_candidates()
        say(
            description={
                "ufrag": self.agent.local_username,
                "pwd": self.agent.local_password,
                "options": [],
                "lite": False,
                "pacingMs": None,
                "candidates": [
                    "candidate:" + candidate.to_sdp()
                    for candidate in self.agent.local_candidates
                ],
                "complete": True,
            }
        )
        say(gathered=True)

    async def add(self, text):
        candidate = aioice.Candidate.from_sdp(text.split(":", 1)[1])
        await self.agent.add_remote_candidate(candidate)

    async def hear(self, line):
        if "description" in line:
            description = line["description"]
            self.agent.remote_username = description["ufrag"]
            self.agent.remote_password = description["pwd"]
            self.agent.remote_is_lite = description["lite"]
            for text in description["candidates"]:
                await self.add(text)
            if description["complete"]:
                await self.agent.add_remote_candidate(None)
            self.tasks.append(asyncio.ensure_future(self.connect()))
        elif "candidate" in line:
            await self.add(line["candidate"])
        elif "endOfCandidates" in line:
            await self.agent.add_remote_candidate(None)
        elif "send" in line:
            await self.agent.send(line["send"].encode())
        elif "askPairs" in line:
            self.tell_selected()
            say(pairs=None)
        elif "close" in line:
            await self.close()
        else:
            say(error="that is not what it does")

    async def connect(self):
        try:
            await self.gathered
            say(state="checking")
            await self.agent.connect()
        except ConnectionError as error:
            say(note=str(error))
            say(state="failed")
            return
        self.tell_selected()
        say(state="connected")
        try:
            while True:
                say(data=(await self.agent.recv()).decode())
        except ConnectionError:
            say(state="disconnected")

    def tell_selected(self):
        # What it has chosen is told by no public name.
        pair = self.agent._nominated.get(1)
        if pair is not None:
            ends = (pair.local_candidate, pair.remote_candidate)
            say(selected={"local": end_of(ends[0]), "remote": end_of(ends[1])})

    async def close(self):
        await self.agent.close()
        for task in self.tasks:
            task.cancel()
        say(closed=True)


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    say(
        ready={
            "name": "aioice",
            "version": aioice.__version__,
            "trickles": False,
            "carriesData": True,
            "restarts": False,
            "canBeLite": False,
        }
    )
    session = None
    while True:
        text = await reader.readline()
        if not text:
            return
        line = json.loads(text)
        try:
            if "order" in line:
                session = Session(line["order"])
            elif session is not None:
                await session.hear(line)
        except Exception:
            say(error=traceback.format_exc())


asyncio.run(main())
