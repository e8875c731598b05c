import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Puts what `npm run bench:<name>` has found between its marks on a page of docs/, and nowhere else. */
export function writeTable(pageName: 'performance.md' | 'reliability.md', name: string, text: string): void {
  const page = join(resolve(import.meta.dirname, '..'), 'docs', pageName);
  const [begin, end] = [`<!-- ${name}: written by npm run bench:${name} -->`, `<!-- end of ${name} -->`];
  const before = readFileSync(page, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the marks`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
}
