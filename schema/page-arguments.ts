import { builder } from './builder.ts';

/** The arguments of a connection. `end`: where the page lies that is given without any argument. */
export function pageArguments(end: 'first' | 'newest') {
  return builder.args((t) => ({
    first: t.int({
      description: `How many, from the beginning or after \`after\`: 1 to 100. Not with \`last\` or \`before\`. No argument at all gives the ${end} 50.`,
    }),
    after: t.string({
      description: 'Page cursor; the page begins right after it. Goes with `first` (50 when absent).',
    }),
    last: t.int({
      description: 'How many, from the end or before `before`: 1 to 100. Not with `first` or `after`.',
    }),
    before: t.string({ description: 'Page cursor; the page ends right before it. Goes with `last` (50 when absent).' }),
  }));
}
