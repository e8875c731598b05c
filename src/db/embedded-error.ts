/** The embedded PostgreSQL could not be made, started or trusted. The message is one line for the operator. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** A live Parley, or a PostgreSQL out of our sight, has the data folder open. The message is one line. */
export class DataFolderInUse extends EmbeddedPostgresError {
  override readonly name = 'DataFolderInUse';
  readonly dataDir: string;
  readonly holder: string | undefined;

  /** `holder` names who has it, for example "process 4711"; absent when it cannot be told. */
  constructor(dataDir: string, holder?: string) {
    const who = holder === undefined ? '' : ` (${holder})`;
    super(
      `The data folder ${dataDir} is in use by another Parley${who}: stop that one first, or give this one a folder of its own with PARLEY_DATA_DIR.`,
    );
    this.dataDir = dataDir;
    this.holder = holder;
  }
}
