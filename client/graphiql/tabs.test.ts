import { expect, test } from 'vitest';
import { openingTabs, variablesWith } from './tabs.ts';

const first = 'query Rooms { rooms { nodes { id } } }';
const resume = '# comment\nsubscription Resume($after: Cursor) { events(after: $after) { cursor } }';
const opening = { stored: null, examples: [first, resume], resumeQuery: resume, after: 'now', shared: null };

test('a first visit opens the examples, with the cursor of arrival in the one that resumes', () => {
  const { tabs, activeTabIndex } = openingTabs(opening);
  expect(tabs.map((tab) => tab.title)).toEqual(['Rooms', 'Resume']);
  expect(tabs[1]?.variables).toBe('{\n  "after": "now"\n}');
  expect(activeTabIndex).toBe(0);
});

test('a later visit opens what was open, with a fresh cursor', () => {
  const stored = JSON.stringify({ ...openingTabs({ ...opening, after: 'then' }), activeTabIndex: 1 });
  const again = openingTabs({ ...opening, stored, examples: [] });
  expect(again.tabs).toHaveLength(2);
  expect(again.tabs[1]?.variables).toContain('"now"');
  expect(again.activeTabIndex).toBe(1);
});

test('a shared query opens as a tab of its own in front, once', () => {
  const shared = { query: '{ asOf }', variables: null, operationName: null };
  const opened = openingTabs({ ...opening, shared });
  expect(opened.activeTabIndex).toBe(2);
  expect(opened.tabs[2]).toMatchObject({ query: '{ asOf }', title: '<untitled>' });

  const again = openingTabs({ ...opening, stored: JSON.stringify(opened), shared });
  expect(again.tabs).toHaveLength(3);
  expect(again.activeTabIndex).toBe(2);
});

test('damaged storage counts as a first visit', () => {
  for (const stored of ['', '{', '[]', '{"tabs":[],"activeTabIndex":0}', 'null']) {
    expect(openingTabs({ ...opening, stored }).tabs).toHaveLength(2);
  }
});

test('setting the cursor keeps the other variables', () => {
  expect(JSON.parse(variablesWith('{ "filter": {}, "after": "old" }', 'new'))).toEqual({ filter: {}, after: 'new' });
  expect(JSON.parse(variablesWith('not json', 'new'))).toEqual({ after: 'new' });
});
