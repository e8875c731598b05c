import 'graphiql/setup-workers/vite';

interface WorkerSource {
  getWorker(workerId: string, label: string): Worker;
}

/** Takes from the editors' workers the note that GraphiQL's setup writes to the console for each of them. */
export function quietWorkers(): void {
  const { MonacoEnvironment: source } = globalThis as { MonacoEnvironment?: WorkerSource };
  if (source === undefined) return;
  const getWorker = source.getWorker.bind(source);
  source.getWorker = (workerId, label) => {
    const { info } = console;
    console.info = () => {};
    try {
      return getWorker(workerId, label);
    } finally {
      console.info = info;
    }
  };
}
