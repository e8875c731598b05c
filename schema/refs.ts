import type { Member, Message, Room, User, Viewer } from '../src/chat/model.ts';
import { builder } from './builder.ts';

/** The types that several modules speak of. Each is implemented in the module of its noun, so that none need a cycle. */
export const UserRef = builder.objectRef<User>('User');
export const RoomRef = builder.objectRef<Room>('Room');
export const MemberRef = builder.objectRef<Member>('Member');
export const MessageRef = builder.objectRef<Message>('Message');
export const ViewerRef = builder.objectRef<Viewer>('Viewer');

export const NodeRef = builder.interfaceRef<User | Room | Member | Message>('Node');
