interface Kept {
  /** Place in the order of writing, over all windows of the browser. */
  readonly order: number;
  /** Global id of who wrote it: nobody else ever sends it. */
  readonly userId: string;
  readonly roomId: string;
  readonly roomName: string;
  readonly clientKey: string;
  /** Why the server refused it, as a sentence. Null: it waits for its turn. */
  readonly problem: string | null;
  /** False: it would be refused again, whatever one does. */
  readonly mayRepeat: boolean;
}

/** A message that was written and is not known to be sent. */
export interface SendEntry extends Kept {
  readonly kind: 'send';
  readonly text: string;
}

/** Which message is meant: by its id, and by the key that it was sent under while it has none yet. */
interface OfMessage {
  readonly messageId: string | null;
  readonly sendKey: string | null;
}

/** Another text for a message. `expectedVersion` is the version that was seen, null while it is not sent. */
export interface EditEntry extends Kept, OfMessage {
  readonly kind: 'edit';
  readonly text: string;
  readonly expectedVersion: number | null;
}

/** A message to delete; `text` is what it said. */
export interface DeleteEntry extends Kept, OfMessage {
  readonly kind: 'delete';
  readonly text: string;
}

export type ChangeEntry = EditEntry | DeleteEntry;
/** What somebody did that the server is not known to have. */
export type OutboxEntry = SendEntry | ChangeEntry;
/** One as it was made: the rest is given to it. */
export type NewEntry =
  | Omit<SendEntry, 'order' | 'mayRepeat' | 'problem'>
  | Omit<EditEntry, 'order' | 'mayRepeat' | 'problem'>
  | Omit<DeleteEntry, 'order' | 'mayRepeat' | 'problem'>;

/** Where things wait until they are sent. All windows of a browser share it. */
export interface OutboxStore {
  /** False: what is in it ends with the page. */
  readonly isLasting: boolean;
  /** Those of one person, in the order of writing. */
  entriesOf(userId: string): Promise<readonly OutboxEntry[]>;
  /** Resolves when it is on the disk, where there is one. */
  add(entry: NewEntry): Promise<void>;
  /**
   * Changes those of one person in one step: `next` gives each as it is to be, or null for one that goes. One that it gives back as
   * it got it stays as it is.
   */
  change(userId: string, next: (entry: OutboxEntry) => OutboxEntry | null): Promise<void>;
}

const databaseName = 'parley';
/** 2: there are edits and deletions too. A page that knows sends alone would say them as messages; it loses the store instead. */
const databaseVersion = 2;
const storeName = 'outbox';
const byUser = 'userId';

/** The outbox of this browser; one in memory where the browser keeps nothing, as some private windows do. */
export async function openOutboxStore(): Promise<OutboxStore> {
  try {
    const database = await openDatabase();
    return lastingStore(database);
  } catch {
    return passingStore();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, databaseVersion);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion > 0) return;
      const store = request.result.createObjectStore(storeName, { keyPath: 'order', autoIncrement: true });
      store.createIndex(byUser, byUser);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('another version of the page holds the database'));
  });
}

function lastingStore(database: IDBDatabase): OutboxStore {
  // A newer page may want another version of it: this one must not be in its way.
  database.onversionchange = () => database.close();

  /** Runs `ask` in a transaction of its own, and resolves when that is complete. */
  function run<Value>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<Value>) {
    return new Promise<Value>((resolve, reject) => {
      const transaction = database.transaction(storeName, mode, { durability: 'strict' });
      const request = ask(transaction.objectStore(storeName));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  return {
    isLasting: true,
    async entriesOf(userId) {
      const found = await run<OutboxEntry[]>('readonly', (store) => store.index(byUser).getAll(userId));
      return found.map(asEntry).sort((one, other) => one.order - other.order);
    },
    async add(entry) {
      await run('readwrite', (store) => store.add({ ...entry, problem: null, mayRepeat: true }));
    },
    async change(userId, next) {
      await run('readwrite', (store) => {
        const request: IDBRequest<OutboxEntry[]> = store.index(byUser).getAll(userId);
        request.onsuccess = () => {
          for (const kept of request.result) {
            const entry = asEntry(kept);
            const changed = next(entry);
            if (changed === null) store.delete(entry.order);
            else if (changed !== entry) store.put(changed);
          }
        };
        return request;
      });
    },
  };
}

/** Those of the first version were all sends, and did not say so. */
function asEntry(kept: OutboxEntry): OutboxEntry {
  return kept.kind === undefined ? { ...(kept as SendEntry), kind: 'send', mayRepeat: true } : kept;
}

/** As the lasting one, for as long as the page is open. */
export function passingStore(): OutboxStore {
  let entries: readonly OutboxEntry[] = [];
  let newest = 0;
  return {
    isLasting: false,
    entriesOf: async (userId) => entries.filter((entry) => entry.userId === userId),
    async add(entry) {
      newest += 1;
      entries = [...entries, { ...entry, order: newest, problem: null, mayRepeat: true }];
    },
    async change(userId, next) {
      entries = entries
        .map((entry) => (entry.userId === userId ? next(entry) : entry))
        .filter((entry) => entry !== null);
    },
  };
}
