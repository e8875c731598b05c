/** The settings as documents show them: the table of docs/self-hosting.md and .env.example. */

/** @typedef {import('../src/config.ts').SettingRow} SettingRow */

export const tableBegins = '<!-- settings: made by npm run generate -->';
export const tableEnds = '<!-- end of settings -->';

/**
 * The document with the table of settings anew between its two markers. Throws when it lacks one.
 * @param {string} document
 * @param {readonly SettingRow[]} settings
 */
export function withSettingsTable(document, settings) {
  const begin = document.indexOf(tableBegins);
  const end = document.indexOf(tableEnds);
  if (begin < 0 || end < begin) throw new Error(`The document lacks the markers ${tableBegins} and ${tableEnds}.`);
  return `${document.slice(0, begin + tableBegins.length)}\n${settingsTable(settings)}${document.slice(end)}`;
}

/** @param {readonly SettingRow[]} settings */
function settingsTable(settings) {
  const rows = settings.map((row) => {
    const unit = row.unit === null ? '' : ` (${row.unit})`;
    const byDefault = row.default === null ? 'unset' : `\`${row.default}\``;
    return `| \`${row.name}\` | ${byDefault} | ${cell(`${row.type}${unit}`)} | ${cell(row.description)} |\n`;
  });
  return `| setting | default | takes | what it does |\n|---|---|---|---|\n${rows.join('')}`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/**
 * A .env in which every setting stands with its default, as a comment.
 * @param {readonly SettingRow[]} settings
 */
export function dotenvExample(settings) {
  const head = '# Copy to .env and take the # away from what you want to change. Made by npm run generate.\n';
  const entries = settings.map((row) => {
    const unit = row.unit === null ? '' : ` (${row.unit})`;
    return `\n# ${row.description}\n# Takes ${row.type}${unit}.\n#${row.name}=${row.default ?? ''}\n`;
  });
  return head + entries.join('');
}
