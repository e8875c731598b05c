import type { Commands } from '../chat/contract.ts';
import { asChatEvent } from '../chat/events.ts';
import type { Message, MessageId, User } from '../chat/model.ts';
import type { Hub, Sink } from '../hub/contract.ts';
import type { Log } from '../observe/log.ts';
import type { Typing } from '../presence/contract.ts';
import { demoRooms, parrot, parrotAnswer, parrotLines } from './script.ts';

export interface BotOptions {
  readonly hub: Hub;
  readonly commands: Commands;
  readonly typing: Typing;
  readonly readMessage: (id: MessageId) => Promise<Message | null>;
  readonly log: Log;
  readonly random: () => number;
  readonly clock: () => number;
  /** How often it speaks by itself while somebody subscribes. */
  readonly chatterMs?: number;
  /** How long it types before it speaks. */
  readonly typingMs?: number;
}

const lobby = demoRooms[0];
const bot: User = { ...parrot, isGuest: false, avatarHash: null, isDeleted: false };

/** The demo's parrot: reads the lobby through the hub like any subscriber, types, and answers. */
export function startBot(options: BotOptions): { stop(): Promise<void> } {
  const { hub, commands, typing, log, random, clock, chatterMs = 9_000, typingMs = 1_500 } = options;
  let isStopped = false;
  let speaking: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let wake: () => void = () => undefined;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, ms);
    });
  }

  /**
   * One thing at a time; what is said to it while it speaks stays without an answer. Each node has a bot: of those that
   * speak on the same occasion one is heard, as the others' client key is taken.
   */
  function say(text: string, occasion: string): void {
    if (speaking || isStopped) return;
    speaking = speak(text, `parrot-${occasion}`)
      .catch((error: unknown) => log.warn({ err: error }, 'the demo bot could not speak'))
      .finally(() => {
        speaking = null;
      });
  }

  async function speak(text: string, clientKey: string): Promise<void> {
    typing.start(lobby.id, bot.id);
    await pause(typingMs);
    typing.stop(lobby.id, bot.id);
    if (!isStopped)
      await commands.sendMessage({ user: bot, credentialId: null }, { roomId: lobby.id, text, clientKey });
  }

  function answer(messageId: MessageId): void {
    options
      .readMessage(messageId)
      .then((message) => message?.text && say(parrotAnswer(message.text), messageId))
      .catch((error: unknown) => log.warn({ err: error }, 'the demo bot could not read a message'));
  }

  const sink: Sink = {
    write(run) {
      for (const { payload: messageId } of run) if (messageId !== '') answer(messageId as MessageId);
    },
    unsentBytes: 0,
    onceDrained: (callback) => callback(),
    closed: () => undefined,
  };
  const execute = async (item: Parameters<typeof describe>[0]) => describe(item);
  const reader = hub.open({
    source: { kind: 'room', roomId: lobby.id, viewerId: bot.id, isPrivate: false },
    start: { kind: 'now' },
    group: { key: 'demo bot', execute },
    executeAlone: execute,
    sink,
  });
  const chatter = setInterval(() => {
    const isAlone = hub.size.readers <= 1;
    const line = parrotLines[Math.floor(random() * parrotLines.length)] ?? parrotLines[0];
    if (!isAlone) say(line, `at-${Math.floor(clock() / chatterMs)}`);
  }, chatterMs);
  chatter.unref();

  return {
    async stop() {
      isStopped = true;
      clearInterval(chatter);
      reader.close();
      if (timer) clearTimeout(timer);
      wake();
      await speaking;
    },
  };
}

/** The id of a message that a person sent; '' for all else. */
function describe(item: Parameters<Parameters<Hub['open']>[0]['group']['execute']>[0]): string {
  if (item.kind !== 'event') return '';
  const event = asChatEvent(item.event);
  return event.kind === 'MESSAGE_SENT' && event.actorId !== bot.id ? event.body.messageId : '';
}
