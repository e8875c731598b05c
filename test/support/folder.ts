import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder that every user may enter, removed with all below it when disposed of. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'parley-test-'));
  chmodSync(path, 0o755);
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
