/** A message that was written and is not known to be sent. */
export interface OutboxEntry {
  /** Place in the order of writing, over all windows of the browser. */
  readonly order: number;
  /** Global id of who wrote it: nobody else ever sends it. */
  readonly userId: string;
  readonly roomId: string;
  readonly roomName: string;
  readonly clientKey: string;
  readonly text: string;
  /** Why the server refused it, as a sentence. Null: it waits for its turn. */
  readonly problem: string | null;
}

/** Where messages wait until they are sent. All windows of a browser share it. */
export interface OutboxStore {
  /** False: what is in it ends with the page. */
  readonly isLasting: boolean;
  /** Those of one person, in the order of writing. */
  entriesOf(userId: string): Promise<readonly OutboxEntry[]>;
  /** Resolves when it is on the disk, where there is one. */
  add(entry: Omit<OutboxEntry, 'order'>): Promise<void>;
  /** Does nothing for one that is gone. */
  setProblem(order: number, problem: string | null): Promise<void>;
  remove(order: number): Promise<void>;
}

const databaseName = 'parley';
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
    const request = indexedDB.open(databaseName, 1);
    request.onupgradeneeded = () => {
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

  /** Runs one request in a transaction of its own, and resolves when that is complete. */
  function run<Value>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<Value> | null) {
    return new Promise<Value | undefined>((resolve, reject) => {
      const transaction = database.transaction(storeName, mode, { durability: 'strict' });
      const request = ask(transaction.objectStore(storeName));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  return {
    isLasting: true,
    async entriesOf(userId) {
      const found = await run<OutboxEntry[]>('readonly', (store) => store.index(byUser).getAll(userId));
      return (found ?? []).sort((one, other) => one.order - other.order);
    },
    async add(entry) {
      await run('readwrite', (store) => store.add(entry));
    },
    async setProblem(order, problem) {
      await run('readwrite', (store) => {
        const request: IDBRequest<OutboxEntry | undefined> = store.get(order);
        request.onsuccess = () => request.result && store.put({ ...request.result, problem });
        return null;
      });
    },
    async remove(order) {
      await run('readwrite', (store) => store.delete(order));
    },
  };
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
      entries = [...entries, { ...entry, order: newest }];
    },
    async setProblem(order, problem) {
      entries = entries.map((entry) => (entry.order === order ? { ...entry, problem } : entry));
    },
    async remove(order) {
      entries = entries.filter((entry) => entry.order !== order);
    },
  };
}
