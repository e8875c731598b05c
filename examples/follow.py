"""Parley by Python: HTTP of the standard library, and the package websockets speaking graphql-transport-ws by hand."""
import asyncio
import json
import os
import random
import urllib.request
import uuid

import websockets

URL = os.environ.get("PARLEY_URL", "http://127.0.0.1:4000") + "/graphql"

ENTER = 'mutation { signedIn: enterAsGuest(input: { displayName: "Python" }) { token errors { message } } }'
HISTORY = """query ($slug: String!) {
  asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { text author { displayName } } } }
}"""
SAY = """mutation ($roomId: ID!, $text: String!, $clientKey: String!) {
  joinRoom(input: { roomId: $roomId }) { errors { message } }
  sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
}"""
LIVE = """subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor message { text author { displayName } } }
}"""
# Refusals after which it helps to ask again.
PASSING = ("UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_SUBSCRIPTIONS")


def ask(query, token=None, **variables):
    """A query or mutation over HTTP; its data."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps({"query": query, "variables": variables}).encode()
    with urllib.request.urlopen(urllib.request.Request(URL, body, headers)) as response:
        answer = json.load(response)
    if not answer.get("data"):
        raise RuntimeError(answer["errors"][0]["message"])
    return answer["data"]


def show(message):
    print(f"{message['author']['displayName']}: {message['text']}", flush=True)


async def follow(token, room_id, after):
    # As an iterator, connect() comes back by itself; what it cannot know is where to go on.
    async for socket in websockets.connect(URL.replace("http", "ws", 1), subprotocols=["graphql-transport-ws"]):
        try:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "connection_ack":
                    payload = {"query": LIVE, "variables": {"roomId": room_id, "after": after}}
                    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
                elif message["type"] == "ping":
                    await socket.send('{"type": "pong"}')
                elif message["type"] == "next":
                    item = message["payload"]["data"]["messages"]
                    after = item["cursor"]
                    if item["kind"] == "SENT":
                        show(item["message"])
                elif message["type"] == "error" and message["payload"][0]["extensions"]["code"] not in PASSING:
                    raise RuntimeError(message["payload"][0]["message"])
                elif message["type"] in ("error", "complete"):
                    break
        except websockets.ConnectionClosed:
            pass
        # 44xx: of the protocol, as 4403 for a token that is not valid. To come back would not help.
        if socket.close_code and socket.close_code >= 4400:
            raise RuntimeError(f"{socket.close_code} {socket.close_reason}")
        await asyncio.sleep(random.uniform(0.5, 1.5))


signed_in = ask(ENTER)["signedIn"]
if signed_in["errors"]:
    raise SystemExit(signed_in["errors"][0]["message"])
token = signed_in["token"]
answer = ask(HISTORY, token, slug="lobby")
room = answer["room"]
for node in room["messages"]["nodes"]:
    show(node)
# It is sent before the stream is open and comes all the same, for the stream begins where the history was read.
# When the answer is lost, send it again with the same key: it is said once.
sent = ask(SAY, token, roomId=room["id"], text="Hello from Python", clientKey=str(uuid.uuid4()))["sendMessage"]
if sent["errors"]:
    raise SystemExit(sent["errors"][0]["message"])
asyncio.run(follow(token, room["id"], answer["asOf"]))
