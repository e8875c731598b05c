import { specifiedDirectives } from 'graphql';
import { builder } from './builder.ts';
import './root.ts';
import './scalars.ts';
import './node.ts';
import './user.ts';
import './viewer.ts';
import './sign-in.ts';
import './session.ts';
import './account.ts';
import './passkey.ts';
import './identity.ts';
import './room.ts';
import './room-changes.ts';
import './member.ts';
import './member-changes.ts';
import './message.ts';
import './message-changes.ts';
import './message-updates.ts';
import './typing.ts';
import './presence.ts';
import './events.ts';
import './event-feed.ts';
import './server.ts';
import { sharedDirective } from './shared.ts';

/** The one schema: what can be asked. Its printed form is schema.graphql. */
export const schema = builder.toSchema({ directives: [...specifiedDirectives, sharedDirective] });
