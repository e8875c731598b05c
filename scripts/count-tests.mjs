/** Prints `N passed, N failed` over the JSON reports of vitest in a folder; a file of tests that cannot be loaded is one failure. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));

const passed = sum(reports.map((report) => report.numPassedTests));
const failed = sum(reports.map((report) => report.numFailedTests + report.testResults.filter(isUnloadable).length));
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;

function isUnloadable(file) {
  return file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed');
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
