/** The tables of codes in docs/protocol.md, each from its one table in the code. */
import { refusalCodes } from '../src/chat/refusal.ts';
import { faults } from '../src/observe/fault.ts';
import { closeCodes } from '../src/transport/close-codes.ts';
import { providerFaults } from '../src/transport/oidc-faults.ts';

/**
 * The document with its four tables anew, each between its markers. Throws when it lacks one.
 * @param {string} document
 */
export function withCodeTables(document) {
  const faultRows = Object.entries(faults).map(([code, { status, does }]) => [`\`${code}\``, status, does]);
  const refusalRows = Object.entries(refusalCodes).map(([code, does]) => [`\`${code}\``, does]);
  const closeRows = Object.entries(closeCodes).map(([code, does]) => [code, does]);
  const providerRows = Object.entries(providerFaults).map(([code, { status, does }]) => [`\`${code}\``, status, does]);
  return [
    { name: 'faults', head: ['`extensions.code`', 'HTTP', 'what it means, and what to do'], rows: faultRows },
    { name: 'refusals', head: ['`errors.code`', 'what it means, and what to do'], rows: refusalRows },
    { name: 'provider faults', head: ['code', 'HTTP', 'what it means, and what to do'], rows: providerRows },
    { name: 'close codes', head: ['code', 'what it means, and what to do'], rows: closeRows },
  ].reduce(replaceTable, document);
}

/**
 * @param {string} document
 * @param {{ name: string, head: readonly string[], rows: readonly (readonly (string | number)[])[] }} table
 */
function replaceTable(document, { name, head, rows }) {
  const begins = `<!-- ${name}: made by npm run generate -->`;
  const ends = `<!-- end of ${name} -->`;
  const begin = document.indexOf(begins);
  const end = document.indexOf(ends);
  if (begin < 0 || end < begin) throw new Error(`The document lacks the markers ${begins} and ${ends}.`);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `${document.slice(0, begin + begins.length)}\n${lines.join('')}${document.slice(end)}`;
}
