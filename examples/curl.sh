#!/bin/sh
# Parley by curl and jq: reads a room, says something, and follows it as server-sent events for ever.
set -eu
url="${PARLEY_URL:-http://127.0.0.1:4000}/graphql"

enter='mutation { signedIn: enterAsGuest(input: { displayName: "curl" }) { token errors { message } } }'
history='query ($slug: String!) {
  asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { text author { displayName } } } }
}'
say='mutation ($roomId: ID!, $text: String!, $clientKey: String!) {
  joinRoom(input: { roomId: $roomId }) { errors { message } }
  sendMessage(input: { roomId: $roomId, text: $text, clientKey: $clientKey }) { errors { message } }
}'
live='subscription ($roomId: ID!) {
  messages(roomId: $roomId) { kind message { text author { displayName } } }
}'

# ask DOCUMENT VARIABLES [OPTION OF curl]...: one operation.
ask() {
  body=$(jq -n --arg query "$1" --argjson variables "$2" '{$query, $variables}')
  shift 2
  curl -sS -N "$url" -H 'content-type: application/json' -H "authorization: Bearer $token" -d "$body" "$@"
}

token=$(curl -sS "$url" -H 'content-type: application/json' -d "$(jq -n --arg query "$enter" '{$query}')" |
  jq -er '.data.signedIn | .token // (.errors[0].message + "\n" | halt_error)')
read_so_far=$(ask "$history" '{"slug": "lobby"}')
echo "$read_so_far" | jq -r '.data.room.messages.nodes[] | "\(.author.displayName): \(.text)"'
room=$(echo "$read_so_far" | jq -er .data.room.id)

# The newest cursor, in a file: the loop below is a process of its own. Keep the file, and the next run goes on there.
place=$(mktemp)
trap 'rm -f "$place"' EXIT
echo "$read_so_far" | jq -er .data.asOf >"$place"

# It is sent before the stream is open and comes all the same, for the stream begins where the history was read.
# When the answer is lost, send it again with the same key: it is said once.
ask "$say" "$(jq -n --arg roomId "$room" --arg clientKey "curl-$(date +%s%N)-$$" \
  '{$roomId, $clientKey, text: "Hello from curl"}')" |
  jq -r '.data.sendMessage.errors[0] // empty | .message + "\n" | halt_error'

# An event counts when its empty line is there. Its id is the cursor: as Last-Event-ID it takes the place of `after`.
# `complete` is the server's last word. A stream that ends without it comes back: the server stopped, or was killed.
while :; do
  ask "$live" "{\"roomId\": \"$room\"}" -H 'accept: text/event-stream' -H "last-event-id: $(cat "$place")" |
    while IFS= read -r line; do
      case "$line" in
        'event: complete') exit 1 ;;
        'id: '*) id=${line#id: } ;;
        'data: '*) data=${line#data: } ;;
        '')
          if [ -n "${data:-}" ]; then
            printf '%s' "$data" | jq -r 'if .errors then "\(.errors[0].message)\n" | halt_error
              else .data.messages | select(.kind == "SENT").message | "\(.author.displayName): \(.text)" end'
          fi
          [ -z "${id:-}" ] || echo "$id" >"$place"
          id='' data=''
          ;;
      esac
    done || exit
  sleep 1
done
