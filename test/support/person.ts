import { connect, type WsClient } from './ws-client.ts';

/** An answer over HTTP, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of any shape.
  readonly data?: any;
  readonly errors?: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[];
  readonly extensions?: { readonly asOf?: string };
}

/** One POST to /graphql of the server at `url`. */
export async function post(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as object) };
}

/** A guest with a token. */
export interface Person {
  readonly id: string;
  readonly token: string;
  /** A query or mutation over HTTP. */
  ask(query: string, variables?: object): Promise<Answer>;
  /** A socket that is signed in. Whoever opens it disposes of it. */
  connect(): Promise<WsClient>;
}

const enter = `mutation ($name: String!) {
  enterAsGuest(input: { displayName: $name }) { token viewer { user { id } } errors { code message } }
}`;

/** `url` is asked each time, as a server may come back at another one. */
export async function enterGuest(server: { readonly url: string }, name: string): Promise<Person> {
  const { data } = await post(server.url, enter, { name });
  return personOf(server, data.enterAsGuest.viewer.user.id, data.enterAsGuest.token);
}

/** Whoever a token lets in. */
export function personOf(server: { readonly url: string }, id: string, token: string): Person {
  return {
    id,
    token,
    ask: (query, variables) => post(server.url, query, variables, { authorization: `Bearer ${token}` }),
    connect: () => connect(server.url, { connectionParams: { token } }),
  };
}

/** Makes a room; its id. */
export async function createRoom(owner: Person, name: string, kind: 'PUBLIC' | 'PRIVATE' = 'PUBLIC'): Promise<string> {
  const made = await owner.ask(
    `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { room { id } errors { code message } } }`,
    { input: { name, kind } },
  );
  return made.data.createRoom.room.id;
}

export async function joinRoom(person: Person, roomId: string): Promise<void> {
  const joined = await person.ask(
    `mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { member { id } errors { code message } } }`,
    { input: { roomId } },
  );
  if (!joined.data.joinRoom.member) throw new Error(JSON.stringify(joined));
}

export const sendMutation = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id text } cursor replayed errors { code message path } }
}`;

/** Sends over HTTP; the payload of sendMessage. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of any shape.
export async function send(person: Person, roomId: string, text: string, clientKey?: string): Promise<any> {
  const answer = await person.ask(sendMutation, { input: { roomId, text, ...(clientKey && { clientKey }) } });
  if (!answer.data?.sendMessage) throw new Error(JSON.stringify(answer));
  return answer.data.sendMessage;
}
