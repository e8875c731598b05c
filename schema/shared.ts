import { DirectiveLocation, GraphQLDirective } from 'graphql';

const note = 'Shared: executed once for all subscribers.';

/** Marks the fields that need no viewer; the hub reads `extensions.directives.shared` of the field. */
export const sharedDirective = new GraphQLDirective({
  name: 'shared',
  description:
    'The value is the same for everyone entitled to the event that it is reached from, so a subscription that selects only such fields is executed once for all its subscribers; any other field makes it one execution per viewer.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
});

/** Options of a shared field. Its resolver must never touch `context.viewer`: in a shared execution that throws. */
export function shared(description: string) {
  return { description: `${description} ${note}`, directives: { shared: {} } };
}
